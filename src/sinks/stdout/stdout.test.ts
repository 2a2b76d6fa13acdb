import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { systemError } from '../../../test/support/sink-files.ts'
import { sampleAlert, sampleDelivery, sampleMatch } from '../../../test/support/sink-samples.ts'
import { recordedTelemetry } from '../../../test/support/telemetry.ts'
import type { Delivery } from '../../core/ports.ts'
import { systemErrorCode } from '../../core/errors.ts'
import { stdoutConfig } from './config.ts'
import { createStdoutSink } from './stdout.ts'

const never = new AbortController().signal

/** A reader that takes a chunk only when told to. */
function slowReader() {
  const chunks: string[] = []
  const waiting: (() => void)[] = []
  const stream = new Writable({
    highWaterMark: 16,
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk.toString())
      waiting.push(done)
    },
  })
  return { stream, chunks, take: () => waiting.shift()?.() }
}

function sink(stdout: Writable, settings: object = {}) {
  const telemetry = recordedTelemetry()
  const config = stdoutConfig.parse({ type: 'stdout', ...settings })
  return { telemetry, created: createStdoutSink(config, { id: 'stdout', telemetry, stdout }) }
}

/** Matches of about 40 KiB each, so that each fills a chunk of its own. */
function wide(count: number): Delivery {
  const body = { full_log: 'x'.repeat(40_000) }
  const matches = Array.from({ length: count }, (_, n) =>
    sampleMatch({ id: `w-${n}`, alert: sampleAlert({ body }) }),
  )
  return { parsed: [], matches }
}

describe('the stdout sink', () => {
  it('waits for its reader before it formats more, and resolves when all is taken', async () => {
    const reader = slowReader()
    const { created, telemetry } = sink(reader.stream, { fullAlert: true })
    const written = (await created).write(wide(3), never)
    let settled = false
    void written.then(() => (settled = true))
    for (const taken of [1, 2, 3]) {
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
      expect([reader.chunks.length, settled]).toEqual([taken, false])
      reader.take()
    }
    await written
    expect(await telemetry.metrics.total('sink_records_total')).toBe(3)
  })

  it('stops waiting when it is aborted', async () => {
    const reader = slowReader()
    const stop = new AbortController()
    const written = (await sink(reader.stream).created).write(sampleDelivery('a', 1), stop.signal)
    stop.abort()
    await expect(written).rejects.toMatchObject({ code: 'SINK_UNWRITABLE' })
  })

  it('rejects when the reader has gone, tells why, and does not end the process', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(systemError('EPIPE')) })
    const { created, telemetry } = sink(stream)
    const output = await created
    const failure: unknown = await output
      .write(sampleDelivery('a', 2), never)
      .catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'SINK_CLOSED', retryability: 'permanent' })
    expect(systemErrorCode((failure as Error).cause)).toBe('EPIPE')
    expect(await telemetry.metrics.total('sink_errors_total')).toBe(1)
    await expect(output.write(sampleDelivery('a', 2), never)).rejects.toMatchObject({ code: 'SINK_CLOSED' })
  })

  it('lets the process hear of other things during a large delivery, as an abort', async () => {
    const stop = new AbortController()
    let chunks = 0
    const stream = new Writable({
      // As a file or a pipe: taken before the call returns.
      write: (_chunk, _encoding, done) => {
        chunks += 1
        if (chunks === 1) setImmediate(() => stop.abort())
        done()
      },
    })
    const output = await sink(stream, { fullAlert: true }).created
    await expect(output.write(wide(100), stop.signal)).rejects.toMatchObject({ code: 'SINK_UNWRITABLE' })
    expect(chunks).toBeLessThan(5)
  })

  it.each([
    ['json', /^\{"schema":"tripline\.match\/1","id":"a-0".*\}\n$/],
    ['text', /^2026-03-09T08:00:01\.000Z exact ipv4 203\.0\.113\.66 .*\n$/],
  ])('writes %s', async (format, expected) => {
    const reader = slowReader()
    const written = (await sink(reader.stream, { format }).created).write(sampleDelivery('a', 1), never)
    reader.take()
    await written
    expect(reader.chunks.join('')).toMatch(expected)
  })

  it('leaves the stream open when it is closed', async () => {
    const reader = slowReader()
    const output = await sink(reader.stream).created
    await output.close()
    expect(reader.stream.destroyed || reader.stream.writableEnded).toBe(false)
  })
})
