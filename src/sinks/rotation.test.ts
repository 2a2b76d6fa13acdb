import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { faultyFiles, inFolder, textsOf } from '../../test/support/sink-files.ts'
import { recordedTelemetry } from '../../test/support/telemetry.ts'
import { sinkEvents } from '../telemetry/events/sink.ts'
import { openFileWriter, type FileWriter, type FileWriterOptions } from './file-writer.ts'
import { createRotation } from './rotation.ts'

const telemetry = recordedTelemetry()
const events = sinkEvents(telemetry, 'match-log')

function options(path: string, changes: Partial<FileWriterOptions> = {}): FileWriterOptions {
  return { path, maxBytes: 1024 ** 2, backups: 2, sync: false, events, ...changes }
}

/** Compresses what lies plain, as a start does. */
async function compressed(folder: string, backups = 2): Promise<void> {
  const rotation = createRotation({ path: join(folder, 'out.log'), backups, events })
  await rotation.start()
  await rotation.idle()
}

/** What a close broke off is compressed by the next start. */
async function rest(folder: string, writer: FileWriter): Promise<void> {
  await writer.close()
  await compressed(folder)
}

describe('rotation', () => {
  it('keeps so many files, compressed, the youngest with the lowest number', () =>
    inFolder(async (folder) => {
      const writer = await openFileWriter(options(join(folder, 'out.log'), { maxBytes: 8 }))
      for (const line of ['aaa', 'bbb', 'ccc', 'ddd', 'eee', 'fff', 'ggg', 'hhh', 'iii'])
        await writer.append([line])
      await writer.append(['a line longer than the file may be'])
      await writer.append(['last'])
      await rest(folder, writer)
      expect(await textsOf(folder)).toEqual({
        'out.log': 'last\n',
        'out.log.1.gz': 'a line longer than the file may be\n',
        'out.log.2.gz': 'iii\n',
      })
    }))

  it('fills a file to the last byte', () =>
    inFolder(async (folder) => {
      const writer = await openFileWriter(options(join(folder, 'out.log'), { maxBytes: 8 }))
      await writer.append(['aaa', 'bbb'])
      await writer.append(['c'])
      await rest(folder, writer)
      expect(await textsOf(folder)).toEqual({ 'out.log': 'c\n', 'out.log.1.gz': 'aaa\nbbb\n' })
    }))

  it('spreads a delivery over as many files as it needs, none larger than it may be', () =>
    inFolder(async (folder) => {
      const writer = await openFileWriter(options(join(folder, 'out.log'), { maxBytes: 8, backups: 9 }))
      await writer.append(['0'])
      expect(await writer.append(['a', 'bb', 'ccc', 'd', 'eeeeeeeeeeee', 'f'])).toBe(6)
      await rest(folder, writer)
      expect(await textsOf(folder)).toEqual({
        'out.log.3.gz': '0\na\nbb\n',
        'out.log.2.gz': 'ccc\nd\n',
        'out.log.1.gz': 'eeeeeeeeeeee\n',
        'out.log': 'f\n',
      })
    }))

  it.each([
    ['with the same delivery', 1],
    ['as another one', 2],
  ])('in the middle of a rejected delivery: repeated %s, each record is there', (_, times) =>
    inFolder(async (folder) => {
      const files = faultyFiles()
      const path = join(folder, 'out.log')
      const writer = await openFileWriter(options(path, { maxBytes: 8, backups: 9, open: files.open }))
      const delivery = {}
      const lines = ['aaaaaaa', 'bbbbbbb', 'ccccccc', 'ddddddd']
      for (let attempt = 0; attempt < 3; attempt++) {
        files.faults.write = { after: attempt === 0 ? 20 : 3, code: 'ENOSPC' }
        await expect(writer.append(lines, { delivery })).rejects.toMatchObject({ code: 'SINK_FULL' })
      }
      expect(await writer.append(lines, { delivery: times === 1 ? delivery : {} })).toBe(4)
      await rest(folder, writer)
      const texts = await textsOf(folder)
      const all = Object.values(texts).join('').trimEnd().split('\n').toSorted()
      // Without the delivery nobody can know that two of them stand in rotated files.
      expect(all).toEqual(times === 1 ? lines : ['aaaaaaa', 'bbbbbbb', ...lines].toSorted())
    }),
  )

  it('waits for the disk before a file that holds a part of a delivery is rotated', () =>
    inFolder(async (folder) => {
      const files = faultyFiles()
      const path = join(folder, 'out.log')
      const writer = await openFileWriter(options(path, { maxBytes: 8, open: files.open, sync: true }))
      const lines = ['aaaaaaa', 'bbbbbbb']
      files.faults.sync = 'EIO'
      await expect(writer.append(lines)).rejects.toMatchObject({ code: 'SINK_UNWRITABLE' })
      expect(await textsOf(folder)).toEqual({ 'out.log': '' })
      await writer.append(lines)
      await rest(folder, writer)
      expect(await textsOf(folder)).toEqual({ 'out.log.1.gz': 'aaaaaaa\n', 'out.log': 'bbbbbbb\n' })
    }))

  it('starts anew when no backups are kept', () =>
    inFolder(async (folder) => {
      const writer = await openFileWriter(options(join(folder, 'out.log'), { maxBytes: 8, backups: 0 }))
      for (const line of ['aaa', 'bbb', 'ccc']) await writer.append([line])
      expect(await textsOf(folder)).toEqual({ 'out.log': 'ccc\n' })
      await writer.close()
    }))

  it('rotates the file behind a symbolic link and leaves the link', () =>
    inFolder(async (folder) => {
      await mkdir(join(folder, 'real'))
      await mkdir(join(folder, 'link'))
      await symlink(join(folder, 'real', 'out.log'), join(folder, 'link', 'out.log'))
      const writer = await openFileWriter(options(join(folder, 'link', 'out.log'), { maxBytes: 4 }))
      await writer.append(['aaa'])
      await writer.append(['bbb'])
      await rest(join(folder, 'link'), writer)
      expect(await textsOf(join(folder, 'real'))).toEqual({ 'out.log': 'bbb\n', 'out.log.1.gz': 'aaa\n' })
      expect(await textsOf(join(folder, 'link'))).toEqual({ 'out.log': 'bbb\n' })
    }))

  it('does not rotate on behalf of a delivery that is then rejected twice', () =>
    inFolder(async (folder) => {
      const files = faultyFiles()
      const path = join(folder, 'out.log')
      const writer = await openFileWriter(options(path, { maxBytes: 8, open: files.open }))
      await writer.append(['aaa'])
      for (let attempt = 0; attempt < 5; attempt++) {
        files.faults.write = { after: 2, code: 'ENOSPC' }
        await expect(writer.append(['bbbbb'])).rejects.toMatchObject({ code: 'SINK_FULL' })
      }
      await writer.append(['bbbbb'])
      await rest(folder, writer)
      expect(await textsOf(folder)).toEqual({ 'out.log': 'bbbbb\n', 'out.log.1.gz': 'aaa\n' })
    }))
})

describe('compression', () => {
  it('takes up at the start what an earlier run left plain', () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, 'out.log.1'), 'young\n')
      await writeFile(join(folder, 'out.log.2'), 'old\n')
      await writeFile(join(folder, 'out.log.1.gz.tmp'), 'half of a compressed file')
      await writeFile(join(folder, 'out.log.txt'), 'not ours\n')
      const writer = await openFileWriter(options(join(folder, 'out.log')))
      await rest(folder, writer)
      expect(await textsOf(folder)).toEqual({
        'out.log': '',
        'out.log.1.gz': 'young\n',
        'out.log.2.gz': 'old\n',
        'out.log.txt': 'not ours\n',
      })
    }))

  it('removes the plain file that a crash left beside its complete copy', () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, 'out.log.1'), 'same\n')
      await writeFile(join(folder, 'out.log.1.gz'), gzipSync('same\n'))
      await compressed(folder)
      expect(await textsOf(folder)).toEqual({ 'out.log.1.gz': 'same\n' })
    }))

  it.each([
    ['other content of the same length', gzipSync('SAME\n')],
    ['no compressed content at all', Buffer.from('abc')],
  ])('overwrites nothing: beside %s the plain file stays', (_, other) =>
    inFolder(async (folder) => {
      await writeFile(join(folder, 'out.log.1'), 'same\n')
      await writeFile(join(folder, 'out.log.1.gz'), other)
      await compressed(folder)
      expect(await readFile(join(folder, 'out.log.1'), 'utf8')).toBe('same\n')
      expect(await readFile(join(folder, 'out.log.1.gz'))).toEqual(other)
    }),
  )

  it('keeps the plain file when it fails, says so, and moves it on as it is', () =>
    inFolder(async (folder) => {
      const own = recordedTelemetry()
      const failing = { path: join(folder, 'out.log'), backups: 2, events: sinkEvents(own, 'match-log') }
      await mkdir(join(folder, 'out.log.1.gz.tmp'))
      await writeFile(join(folder, 'out.log'), 'one\n')
      const rotation = createRotation(failing)
      await rotation.rotate()
      await rotation.idle()
      expect(await readFile(join(folder, 'out.log.1'), 'utf8')).toBe('one\n')
      expect(own.lines.at(-1)).toMatchObject({ level: 40, file: join(folder, 'out.log.1') })
      await rm(join(folder, 'out.log.1.gz.tmp'), { recursive: true })
      await writeFile(join(folder, 'out.log'), 'two\n')
      await rotation.rotate()
      await rotation.idle()
      expect(await textsOf(folder)).toEqual({ 'out.log.1.gz': 'two\n', 'out.log.2.gz': 'one\n' })
    }))

  it('leaves the whole plain file, and nothing else, when it is broken off', () =>
    inFolder(async (folder) => {
      const text = 'line\n'.repeat(4_000_000)
      await writeFile(join(folder, 'out.log'), text)
      const rotation = createRotation({ path: join(folder, 'out.log'), backups: 2, events })
      await rotation.rotate()
      while (!(await readdir(folder)).includes('out.log.1.gz.tmp'))
        await new Promise((resolve) => setImmediate(resolve))
      rotation.stop()
      await rotation.idle()
      expect(await readdir(folder)).toEqual(['out.log.1'])
      await compressed(folder)
      expect(await textsOf(folder)).toEqual({ 'out.log.1.gz': text })
    }))
})

describe('a rotation that fails', () => {
  it('deletes no more than one old file, however often it is repeated', () =>
    inFolder(async (folder) => {
      const base = join(folder, 'out.log')
      for (const number of [1, 2, 3]) await writeFile(`${base}.${number}.gz`, gzipSync(`old ${number}\n`))
      const rotation = createRotation({ path: base, backups: 3, events })
      for (let attempt = 0; attempt < 4; attempt++)
        await expect(rotation.rotate()).rejects.toMatchObject({ code: 'ENOENT' })
      expect(await textsOf(folder)).toEqual({ 'out.log.2.gz': 'old 1\n', 'out.log.3.gz': 'old 2\n' })
      await copyFile(`${base}.2.gz`, base)
      await rotation.rotate()
      await rotation.idle()
      expect(Object.keys(await textsOf(folder))).toEqual(['out.log.1.gz', 'out.log.2.gz', 'out.log.3.gz'])
    }))

  it('rejects the write, and loses nothing when that is repeated', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'out.log')
      const writer = await openFileWriter(options(path, { maxBytes: 4, backups: 1 }))
      await writer.append(['one'])
      await mkdir(join(folder, 'out.log.1'))
      await writeFile(join(folder, 'out.log.1', 'in the way'), '')
      await expect(writer.append(['two'])).rejects.toMatchObject({ code: 'SINK_UNWRITABLE' })
      expect(await readFile(path, 'utf8')).toBe('one\n')
      await rm(join(folder, 'out.log.1'), { recursive: true })
      await writer.append(['two'])
      await writer.close()
      await compressed(folder, 1)
      expect(await textsOf(folder)).toEqual({ 'out.log': 'two\n', 'out.log.1.gz': 'one\n' })
    }))
})
