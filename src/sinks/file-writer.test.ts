import { appendFile, mkdir, readFile, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { faultyFiles, inFolder, textsOf } from '../../test/support/sink-files.ts'
import { recordedTelemetry } from '../../test/support/telemetry.ts'
import { sinkEvents } from '../telemetry/events/sink.ts'
import { openFileWriter, type FileWriterOptions } from './file-writer.ts'

const telemetry = recordedTelemetry()
const events = sinkEvents(telemetry, 'match-log')

function options(path: string, changes: Partial<FileWriterOptions> = {}): FileWriterOptions {
  return { path, maxBytes: 1024 ** 2, backups: 2, sync: false, events, ...changes }
}

describe('a file writer', () => {
  it('appends lines to what is there, and creates file and folder, readable by the group only', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'deep', 'down', 'out.log')
      const writer = await openFileWriter(options(path))
      expect((await stat(path)).mode & 0o027).toBe(0)
      expect(await writer.append(['a', 'b'])).toBe(2)
      expect(await writer.append([])).toBe(0)
      await writer.close()
      const again = await openFileWriter(options(path))
      await again.append(['c'])
      await again.close()
      expect(await readFile(path, 'utf8')).toBe('a\nb\nc\n')
    }))

  it('goes on after a short write', () =>
    inFolder(async (folder) => {
      const files = faultyFiles()
      const writer = await openFileWriter(options(join(folder, 'out.log'), { open: files.open }))
      files.faults.shortWrites = 3
      await writer.append(['one', 'two', 'three', 'äöü'])
      expect(await textsOf(folder)).toEqual({ 'out.log': 'one\ntwo\nthree\näöü\n' })
      await writer.close()
    }))

  it('writes a delivery larger than one chunk whole', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'out.log')
      const writer = await openFileWriter(options(path, { maxBytes: 1024 ** 3 }))
      const lines = Array.from({ length: 12 }, (_, number) => String(number).padEnd(1024 ** 2, 'x'))
      expect(await writer.append(lines)).toBe(12)
      expect((await readFile(path, 'utf8')).split('\n')).toEqual([...lines, ''])
      await writer.close()
    }))

  it('breaks off between two chunks when it is aborted, and takes back what it wrote', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'out.log')
      const stop = new AbortController()
      const writer = await openFileWriter(options(path, { maxBytes: 1024 ** 3 }))
      await writer.append(['before'])
      let drawn = 0
      function* lines(): Generator<string> {
        for (; drawn < 50; drawn++) {
          if (drawn === 3) stop.abort()
          yield 'x'.repeat(1024 ** 2)
        }
      }
      await expect(writer.append(lines(), { signal: stop.signal })).rejects.toMatchObject({
        name: 'AppError',
      })
      expect(drawn).toBeLessThan(6)
      expect(await readFile(path, 'utf8')).toBe('before\n')
      await writer.close()
    }))

  it.each([
    ['ENOSPC', 'SINK_FULL'],
    ['EDQUOT', 'SINK_FULL'],
    ['EFBIG', 'SINK_FULL'],
    ['EIO', 'SINK_UNWRITABLE'],
    ['EROFS', 'SINK_UNWRITABLE'],
  ])('takes back what it wrote before %s, says %s, and writes all of it when repeated', (code, expected) =>
    inFolder(async (folder) => {
      const files = faultyFiles()
      const path = join(folder, 'out.log')
      const writer = await openFileWriter(options(path, { open: files.open }))
      await writer.append(['before'])
      for (const after of [0, 1, 4, 5, 9]) {
        files.faults.write = { after, code }
        await expect(writer.append(['one', 'two', 'three'])).rejects.toMatchObject({ code: expected })
        expect(await readFile(path, 'utf8')).toBe('before\n')
      }
      await writer.append(['one', 'two', 'three'])
      expect(await readFile(path, 'utf8')).toBe('before\none\ntwo\nthree\n')
      await writer.close()
    }),
  )

  it('takes back records that did not get to the disk', () =>
    inFolder(async (folder) => {
      const files = faultyFiles()
      const writer = await openFileWriter(options(join(folder, 'out.log'), { open: files.open, sync: true }))
      files.faults.sync = 'ENOSPC'
      await expect(writer.append(['one'])).rejects.toMatchObject({ code: 'SINK_FULL' })
      expect(await textsOf(folder)).toEqual({ 'out.log': '' })
      await writer.append(['one'])
      expect(await textsOf(folder)).toEqual({ 'out.log': 'one\n' })
      await writer.close()
    }))

  it('begins a new line after half a record that could not be taken back, once', () =>
    inFolder(async (folder) => {
      const files = faultyFiles()
      const writer = await openFileWriter(options(join(folder, 'out.log'), { open: files.open }))
      files.faults.write = { after: 2, code: 'ENOSPC' }
      files.faults.truncate = 'EPERM'
      await expect(writer.append(['one'])).rejects.toMatchObject({ code: 'SINK_FULL' })
      await writer.append(['one'])
      await writer.append(['two'])
      expect(await textsOf(folder)).toEqual({ 'out.log': 'on\none\ntwo\n' })
      expect(telemetry.lines.at(-1)).toMatchObject({ sink: 'match-log', file: join(folder, 'out.log') })
      await writer.close()
    }))

  it('begins a new line after half a record of a run that was killed', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'out.log')
      await writeFile(path, '{"whole":1}\n{"ha')
      const writer = await openFileWriter(options(path))
      await writer.append(['{"next":2}'])
      expect(await readFile(path, 'utf8')).toBe('{"whole":1}\n{"ha\n{"next":2}\n')
      await writer.close()
    }))

  it('does not cut off a file that somebody else changed meanwhile', () =>
    inFolder(async (folder) => {
      const files = faultyFiles()
      const path = join(folder, 'out.log')
      await writeFile(path, 'x\n')
      const open: typeof files.open = async (name) => {
        const file = await files.open(name)
        return {
          ...file,
          write: async (data, offset) => {
            const taken = await file.write(data, offset)
            await truncate(path, 0)
            await appendFile(path, 'theirs, longer than before\n')
            files.faults.write = { after: 0, code: 'EIO' }
            return taken - 1
          },
        }
      }
      const writer = await openFileWriter(options(path, { open }))
      await expect(writer.append(['ours'])).rejects.toMatchObject({ code: 'SINK_UNWRITABLE' })
      expect(await readFile(path, 'utf8')).toBe('theirs, longer than before\n')
      await writer.close()
    }))

  it('waits for a full device that is later replaced by a file, and loses nothing', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'out.log')
      await symlink('/dev/full', path)
      const writer = await openFileWriter(options(path, { sync: true }))
      for (let attempt = 0; attempt < 3; attempt++)
        await expect(writer.append(['one', 'two'])).rejects.toMatchObject({ code: 'SINK_FULL' })
      await rm(path)
      await writer.append(['one', 'two'])
      expect(await textsOf(folder)).toEqual({ 'out.log': 'one\ntwo\n' })
      await writer.close()
    }))

  it('starts on a full disk, and says so', () =>
    inFolder(async (folder) => {
      const files = faultyFiles()
      files.faults.open = 'ENOSPC'
      const full = recordedTelemetry()
      const own = { open: files.open, events: sinkEvents(full, 'match-log') }
      const writer = await openFileWriter(options(join(folder, 'out.log'), own))
      expect(await full.metrics.total('sink_errors_total')).toBe(1)
      expect(full.lines).toEqual([expect.objectContaining({ code: 'SINK_FULL', sink: 'match-log' })])
      await writer.append(['one'])
      expect(await textsOf(folder)).toEqual({ 'out.log': 'one\n' })
      await writer.close()
    }))

  it('refuses to start where it can never write', () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, 'file'), '')
      await mkdir(join(folder, 'folder'))
      for (const path of [join(folder, 'folder'), join(folder, 'file', 'out.log')])
        await expect(openFileWriter(options(path))).rejects.toMatchObject({
          code: 'SINK_UNWRITABLE',
          hint: expect.any(String) as string,
        })
    }))

  it('refuses a file it may not write, and says what to do', () =>
    inFolder(async (folder) => {
      const files = faultyFiles()
      files.faults.open = 'EACCES'
      const denied = options(join(folder, 'out.log'), { open: files.open })
      await expect(openFileWriter(denied)).rejects.toMatchObject({
        code: 'SINK_UNWRITABLE',
        hint: expect.stringContaining('write access') as string,
      })
    }))

  it.each([
    [
      'renamed',
      (path: string) => rename(path, `${path}-old`),
      { 'out.log': 'two\n', 'out.log-old': 'one\n' },
    ],
    ['deleted', (path: string) => rm(path), { 'out.log': 'two\n' }],
    ['truncated', (path: string) => truncate(path, 0), { 'out.log': 'two\n' }],
    [
      'replaced',
      async (path: string) => {
        await rename(path, `${path}-old`)
        await writeFile(path, 'new\n')
      },
      { 'out.log': 'new\ntwo\n', 'out.log-old': 'one\n' },
    ],
  ])('goes on in the file of that name when somebody else has %s it', (_, change, expected) =>
    inFolder(async (folder) => {
      const path = join(folder, 'out.log')
      const writer = await openFileWriter(options(path))
      await writer.append(['one'])
      await change(path)
      await writer.append(['two'])
      expect(await textsOf(folder)).toEqual(expected)
      await writer.close()
    }),
  )

  it('creates the folder again when it is gone', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'logs', 'out.log')
      const writer = await openFileWriter(options(path))
      await rm(join(folder, 'logs'), { recursive: true })
      await writer.append(['one'])
      expect(await readFile(path, 'utf8')).toBe('one\n')
      await writer.close()
    }))

  it('takes nothing more once it is closed, and waits for the call under way', () =>
    inFolder(async (folder) => {
      const writer = await openFileWriter(options(join(folder, 'out.log')))
      const under = writer.append(['one'])
      await Promise.all([writer.close(), writer.close()])
      await under
      await expect(writer.append(['two'])).rejects.toMatchObject({ code: 'SINK_UNWRITABLE' })
      expect(await textsOf(folder)).toEqual({ 'out.log': 'one\n' })
    }))
})
