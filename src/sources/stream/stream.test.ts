import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { recordedTelemetry, type RecordedTelemetry } from '../../../test/support/telemetry.ts'
import type { Alert } from '../../core/alert.ts'
import { createDecoder } from '../decode.ts'
import { streamConfig } from './config.ts'
import { createStreamSource, type Progress, type StreamOptions } from './stream.ts'

const decode = await createDecoder()
const LINES = Array.from({ length: 1000 }, (_, number) =>
  JSON.stringify({ id: String(number), pad: 'x'.repeat(700) }),
)
const IDS = LINES.map((_, number) => String(number))

let folder: string
let telemetry: RecordedTelemetry
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tripline-stream-'))
  telemetry = recordedTelemetry()
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(content: string | Buffer): string {
  const path = join(folder, 'alerts')
  writeFileSync(path, content)
  return path
}

async function read(file: string, more: Partial<StreamOptions> = {}): Promise<readonly Alert[]> {
  const config = streamConfig.parse({ type: 'stream', file, batchAlerts: 100 })
  const source = createStreamSource({
    id: 'scan',
    config,
    decode,
    telemetry,
    stdin: Readable.from([]),
    ...more,
  })
  const alerts: Alert[] = []
  for await (const batch of source.read(new AbortController().signal)) {
    expect(batch.alerts.length).toBeLessThanOrEqual(100)
    alerts.push(...batch.alerts)
    batch.ack()
  }
  await source.close()
  return alerts
}

async function outcomeOf(content: string | Buffer) {
  const config = streamConfig.parse({ type: 'stream', file: write(content), maxLineBytes: '1KiB' })
  const stdin = Readable.from([])
  const source = createStreamSource({ id: 'scan', config, decode, telemetry, stdin })
  for await (const batch of source.read(new AbortController().signal)) batch.ack()
  const { skipped, ...rest } = source.outcome()
  return { ...rest, skipped: Object.fromEntries(skipped) }
}

describe('createStreamSource', () => {
  it.each([
    ['plain', LINES.join('\n')],
    ['gzip', gzipSync(LINES.join('\n'))],
    ['two members of gzip', Buffer.concat([gzipSync(`${LINES[0]}\n`), gzipSync(LINES.slice(1).join('\n'))])],
  ])('reads a file once, %s, the last line without newline too', async (_, content) => {
    const path = write(content)
    const alerts = await read(path)
    expect(alerts.map(({ id }) => id)).toEqual(IDS)
    expect(alerts[1]?.origin).toEqual({ file: path, offset: Buffer.byteLength(`${LINES[0]}\n`) })
  })

  it('tells gzip by its content, not its name, also when it arrives byte by byte', async () => {
    const packed = gzipSync(`${LINES[0]}\n${LINES[1]}`)
    const stdin = Readable.from(Array.from(packed, (byte) => Buffer.of(byte)))
    expect((await read('-', { stdin })).map(({ id }) => id)).toEqual(['0', '1'])
  })

  it('reads standard input, also one that gives text', async () => {
    const stdin = Readable.from([`{"id":"é`, `1"}\n{"id":"2"}`])
    const alerts = await read('-', { stdin })
    expect(alerts.map(({ id }) => id)).toEqual(['é1', '2'])
    expect(alerts[0]?.origin.file).toBe('-')
  })

  it.each(['', '\n', gzipSync('')])('gives nothing for an input without lines', async (content) => {
    expect(await read(write(content))).toEqual([])
  })

  it('reports progress in bytes as they lie on the disk, up to the whole', async () => {
    const seen: Progress[] = []
    const path = write(gzipSync(Array.from({ length: 4 }, () => LINES.join('\n')).join('\n'), { level: 0 }))
    await read(path, { onProgress: (progress) => seen.push(progress) })
    const totalBytes = statSync(path).size
    expect(seen.at(-1)).toEqual({ readBytes: totalBytes, totalBytes })
    expect(seen.length).toBeGreaterThan(1)
  })

  it('gives all that can be unpacked of damaged gzip, then says so', async () => {
    const packed = readFileSync(write(gzipSync(LINES.join('\n'), { level: 0 })))
    const alerts = await read(write(packed.subarray(0, packed.length - 70_000)))
    expect(alerts.length).toBeGreaterThan(890)
    expect(alerts.map(({ id }) => id)).toEqual(IDS.slice(0, alerts.length))
    expect(telemetry.lines.filter(({ level }) => level === 50)).toHaveLength(1)
  })

  it('reads one JSON document, its alerts without an offset of their own', async () => {
    const alerts = await read(
      write(JSON.stringify([{ id: '1' }, { _index: 'w', _source: { id: '2' } }], null, 2)),
    )
    expect(alerts.map(({ id, origin }) => [id, origin.offset])).toEqual([
      ['1', 0],
      ['2', 0],
    ])
  })

  it('says what became of the input', async () => {
    const good = { alerts: 1, skipped: {}, firstSkipped: undefined, brokenAt: undefined }
    expect(await outcomeOf('{"id":"1"}\n\n')).toEqual(good)
    expect(await outcomeOf('')).toEqual({ ...good, alerts: 0 })
    expect(await outcomeOf(`{"id":"1"}\nx\n[1]\n{"a\n${'y'.repeat(2000)}\n`)).toEqual({
      ...good,
      skipped: { malformed: 2, not_object: 1, too_long: 1 },
      firstSkipped: 11,
    })
    const cut = await outcomeOf(gzipSync(LINES.join('\n'), { level: 0 }).subarray(0, 100_000))
    expect(cut.alerts).toBeGreaterThan(10)
    expect(cut.brokenAt).toBeGreaterThan(cut.alerts * 700)
  })

  it('throws for a file that is missing, and for a folder, with a hint', async () => {
    await expect(read(join(folder, 'none'))).rejects.toMatchObject({ code: 'SOURCE_MISSING' })
    await expect(read(folder)).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      hint: expect.stringContaining('plain or gzip') as string,
    })
  })

  it('ends on abort while standard input is quiet', async () => {
    const abort = new AbortController()
    const stdin = new PassThrough()
    const config = streamConfig.parse({ type: 'stream' })
    const source = createStreamSource({ id: 'scan', config, decode, telemetry, stdin })
    const iterator = source.read(abort.signal)[Symbol.asyncIterator]()
    stdin.write('{"id":"1"}\n')
    expect((await iterator.next()).done).toBe(false)
    const next = iterator.next()
    abort.abort()
    expect((await next).done).toBe(true)
  })
})
