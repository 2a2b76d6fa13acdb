import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { formatMatch, formatParsed, MAX_LINE_BYTES } from '../../src/sinks/format.ts'
import { matchRecordSchema, parsedRecordSchema } from '../../src/sinks/schema.ts'
import { inFolder, textsOf } from '../support/sink-files.ts'
import { sampleAlert, sampleMatch } from '../support/sink-samples.ts'

const run = promisify(execFile)
const RECORDED = [
  '../shared/data/wazuh-recorded/alerts-real.jsonl',
  '../shared/data/alerts/alerts-samples.jsonl',
]

/** A process of its own that appends 40 records of 200 bytes, three at a time, and tells how that went. */
const PROGRAM = `
  const { openFileWriter } = await import(process.argv[1])
  const silent = () => undefined
  const events = { written: silent, failed: silent, rotated: silent, compressFailed: silent, tornFound: silent }
  const writer = await openFileWriter({ path: process.argv[2], maxBytes: 1e9, backups: 1, sync: true, events })
  let code = 'none'
  let next = Number(process.argv[3])
  while (next < 40 && code === 'none') {
    const lines = [next, next + 1, next + 2].filter((id) => id < 40).map((id) => JSON.stringify({ id }).padEnd(199))
    try {
      next += await writer.append(lines)
    } catch (error) {
      code = error.code + ' ' + error.cause.code
    }
  }
  await writer.close()
  process.stdout.write(JSON.stringify({ next, code }))
`

/** Runs the program with files limited to `limitKib` KiB. The signal that comes with the limit would end the process. */
async function append(path: string, from: number, limitKib: string): Promise<{ next: number; code: string }> {
  const script = 'trap "" XFSZ; ulimit -f "$1"; shift; exec "$@"'
  const writer = resolve('src/sinks/file-writer.ts')
  const node = [
    process.execPath,
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    PROGRAM,
    writer,
    path,
    `${from}`,
  ]
  const { stdout } = await run('bash', ['-c', script, 'bash', limitKib, ...node])
  return JSON.parse(stdout) as { next: number; code: string }
}

describe('a file that the system lets grow no more', () => {
  it('holds only whole records, and all of them once there is room', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'out.log')
      const first = await append(path, 0, '4')
      expect(first).toEqual({ next: 18, code: 'SINK_FULL EFBIG' })
      expect(readFileSync(path)).toHaveLength(18 * 200)
      expect(await append(path, first.next, 'unlimited')).toEqual({ next: 40, code: 'none' })
      const lines = (await textsOf(folder))['out.log']?.trimEnd().split('\n') ?? []
      expect(lines.map((line) => (JSON.parse(line) as { id: number }).id)).toEqual(
        Array.from({ length: 40 }, (_, id) => id),
      )
    }))
})

describe('records of recorded alerts', () => {
  it('are what the schemas say', () => {
    const present = RECORDED.filter((file) => existsSync(file))
    if (present.length < RECORDED.length) process.stderr.write('skipped: recorded alerts are not here\n')
    for (const file of present) {
      const lines = readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
      expect(lines.length).toBeGreaterThan(100)
      for (const line of lines) {
        const body = JSON.parse(line) as Record<string, unknown>
        const alert = sampleAlert({ body })
        const text = formatMatch(sampleMatch({ alert }), { fullAlert: true })
        const record: unknown = JSON.parse(text)
        expect(Buffer.byteLength(text)).toBeLessThan(MAX_LINE_BYTES)
        expect(matchRecordSchema.parse(record)).toEqual(record)
        expect(record).toMatchObject({ full_alert: body })
        const observables = sampleMatch().observable
        expect(
          parsedRecordSchema.parse(JSON.parse(formatParsed({ alert, observables: [observables] }) ?? '')),
        ).toBeDefined()
      }
    }
  })
})
