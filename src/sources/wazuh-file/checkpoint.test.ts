import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { recordedTelemetry } from '../../../test/support/telemetry.ts'
import { sourceEvents } from '../../telemetry/events/source.ts'
import { checkpointPath, loadCheckpoint, saveCheckpoint } from './checkpoint.ts'
import { applyUpdate, emptyRecord } from './record.ts'
import type { FileRecord, Left, Position } from './schema.ts'

const POSITION: Position = {
  dev: '2049',
  ino: '18446744073709551615',
  fingerprint: { bytes: 3, sha256: 'ab' },
  offset: 2 ** 40,
  dated: '2026-11-21.000000000',
}
const RECORD: FileRecord = {
  path: '/a',
  current: POSITION,
  finished: [{ ...POSITION, end: 7 }],
  forgotten: '',
}

let stateDir: string
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'tripline-checkpoint-'))
})
afterEach(() => rmSync(stateDir, { recursive: true }))

async function load(path: string): Promise<{ records: Record<string, FileRecord>; problems: number }> {
  const telemetry = recordedTelemetry()
  const records = await loadCheckpoint(path, ['/a', '/b'], sourceEvents(telemetry, 'wazuh'))
  return { records: Object.fromEntries(records), problems: telemetry.lines.length }
}

describe('a checkpoint', () => {
  it('T9, R13: comes back as it was written, and leaves no temporary file', async () => {
    const path = checkpointPath(stateDir, 'wazuh')
    await saveCheckpoint(path, [RECORD])
    await saveCheckpoint(path, [RECORD, emptyRecord('/b')])
    expect(await load(path)).toEqual({ records: { '/a': RECORD, '/b': emptyRecord('/b') }, problems: 0 })
    expect(existsSync(`${path}.tmp`)).toBe(false)
  })

  it('that does not exist is no problem', async () => {
    expect(await load(checkpointPath(stateDir, 'wazuh'))).toEqual({ records: {}, problems: 0 })
  })

  it.each(['', '{', 'null', '{"version":2,"files":[]}', '{"version":1}'])(
    'R13: that is %j is told and its files are read from their beginning',
    async (text) => {
      const path = checkpointPath(stateDir, 'wazuh')
      await saveCheckpoint(path, [RECORD])
      writeFileSync(path, text)
      expect(await load(path)).toEqual({
        records: { '/a': emptyRecord('/a'), '/b': emptyRecord('/b') },
        problems: 1,
      })
    },
  )

  it('R13: cut off anywhere is never taken for a whole one', async () => {
    const path = checkpointPath(stateDir, 'wazuh')
    await saveCheckpoint(path, [RECORD])
    const text = readFileSync(path, 'utf8').trimEnd()
    for (let length = 0; length < text.length; length += 1) {
      writeFileSync(path, text.slice(0, length))
      expect((await load(path)).problems).toBe(1)
    }
  })

  it('R13: with one damaged entry keeps the others', async () => {
    const path = checkpointPath(stateDir, 'wazuh')
    await saveCheckpoint(path, [RECORD])
    const text = JSON.stringify({ version: 1, files: [RECORD, { path: '/b', current: { offset: -1 } }] })
    writeFileSync(path, text)
    expect(await load(path)).toEqual({ records: { '/a': RECORD, '/b': emptyRecord('/b') }, problems: 1 })
  })

  it('R13: replaces a symbolic link instead of writing through it, readable for owner and group only', async () => {
    const path = checkpointPath(stateDir, 'wazuh')
    await saveCheckpoint(path, [])
    rmSync(path)
    const other = join(stateDir, 'other')
    writeFileSync(other, 'not mine')
    symlinkSync(other, path)
    await saveCheckpoint(path, [RECORD])
    expect(readFileSync(other, 'utf8')).toBe('not mine')
    expect(lstatSync(path).isFile()).toBe(true)
    expect(lstatSync(path).mode & 0o007).toBe(0)
    expect((await load(path)).records['/a']).toEqual(RECORD)
  })

  it('stays in its folder whatever the id is', () => {
    expect(dirname(checkpointPath('/state', '../../etc/x'))).toBe('/state/checkpoints')
  })
})

function left(ino: number, end: number): Left {
  return { ...POSITION, ino: String(ino), end }
}

describe('applyUpdate', () => {
  it('keeps a bounded number of finished files, each once, the newest last', () => {
    let record = emptyRecord('/a')
    for (let ino = 0; ino < 300; ino += 1) record = applyUpdate(record, { kind: 'left', left: left(ino, 1) })
    record = applyUpdate(record, { kind: 'left', left: left(150, 2) })
    expect(record.finished).toHaveLength(200)
    expect(record.finished.filter(({ ino }) => ino === '150')).toEqual([left(150, 2)])
    expect(record.finished.at(-1)).toEqual(left(150, 2))
  })
})
