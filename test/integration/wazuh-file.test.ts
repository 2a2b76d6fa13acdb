import { appendFileSync, chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../src/core/ports.ts'
import { createDecoder } from '../../src/sources/decode.ts'
import { checkpointPath } from '../../src/sources/wazuh-file/checkpoint.ts'
import { wazuhFileConfig } from '../../src/sources/wazuh-file/config.ts'
import { createWazuhFileSource } from '../../src/sources/wazuh-file/wazuh-file.ts'
import { manualClock } from '../support/clock.ts'
import { alertLine, createLogWriter, sizeOf } from '../support/log-writer.ts'
import { recordedTelemetry } from '../support/telemetry.ts'
import { useWazuhFiles } from '../support/wazuh-file-tests.ts'
import { numbersOf, range } from '../support/wazuh-file.ts'

const files = useWazuhFiles()

/** Root ignores modes: then the file is looked at as nobody. Undefined where that cannot be done. */
function withoutPrivileges(): ((work: () => Promise<void>) => Promise<void>) | undefined {
  if (process.geteuid?.() !== 0) return (work) => work()
  if (process.seteuid === undefined || !isMainThread) return undefined
  return async (work) => {
    process.seteuid?.(65_534)
    try {
      await work()
    } finally {
      process.seteuid?.(0)
    }
  }
}

describe('writes', () => {
  it('T1, R16: are read line by line, wherever a 4096-byte block ends', async () => {
    const { settle } = files.start()
    const read: number[] = []
    for (const number of range(0, 100)) {
      files.writer().line(alertLine(number, 700 + number))
      if (number % 7 === 0) read.push(...numbersOf(await settle()))
    }
    files.writer().flush()
    read.push(...numbersOf(await settle()))
    expect(read).toEqual(range(0, 100))
  })

  it('T2: are read byte by byte when they come so, characters of several bytes too', async () => {
    const { settle, alerts } = files.start()
    const line = Buffer.from(`${alertLine(1).replace('Test', 'Tür 💥')}\n`)
    for (const byte of line) {
      appendFileSync(files.writer().path, Buffer.of(byte))
      if (byte > 0x7f) await settle()
    }
    await settle()
    expect(alerts).toHaveLength(1)
    expect(alerts[0]?.body['rule']).toMatchObject({ description: 'Tür 💥' })
  })

  it('give batches of at most batchAlerts, in order', async () => {
    files.write(...range(0, 25))
    files.writer().flush()
    const { settle, open } = files.start({ batchAlerts: 10 })
    await settle(false)
    expect(open.map((batch) => batch.alerts.length)).toEqual([10, 10, 5])
  })
})

describe('a path', () => {
  it('T6, R01: without a file is waited for, told once, and read from the beginning whatever startAt says', async () => {
    const path = join(files.folder(), 'later', 'alerts.json')
    const { settle, alerts } = files.start({ files: [path], startAt: 'end' })
    await settle()
    await settle()
    expect(files.logged('The file does not exist; waiting for it')).toHaveLength(1)
    const later = createLogWriter(join(files.folder(), 'later'))
    later.line(alertLine(1))
    later.flush()
    await settle()
    later.close()
    expect(numbersOf(alerts)).toEqual([1])
  })

  it('without a file in the first run is read from the beginning in the second', async () => {
    const path = join(files.folder(), 'later', 'alerts.json')
    const first = files.start({ files: [path], startAt: 'checkpoint' })
    await first.settle()
    await first.stop()
    const later = createLogWriter(join(files.folder(), 'later'))
    later.line(alertLine(1))
    later.close()
    const { settle, alerts } = files.start({ files: [path], startAt: 'checkpoint' })
    await settle()
    expect(numbersOf(alerts)).toEqual([1])
  })

  it('that shows a folder is told with a hint, and read once it shows a file', async () => {
    const path = join(files.folder(), '2026')
    const { settle, alerts } = files.start({ files: [path] })
    await settle()
    expect(files.logged('The path is not a file')[0]).toMatchObject({ code: 'SOURCE_UNREADABLE' })
    rmSync(path, { recursive: true })
    writeFileSync(path, `${alertLine(1)}\n`)
    await settle()
    expect(numbersOf(alerts)).toEqual([1])
  })

  it('T14, R14: that may not be read is told with what to do, at a limited rate, and read once it may', async ({
    skip,
  }) => {
    files.write(1)
    files.writer().flush()
    const asNobody = withoutPrivileges()
    if (asNobody === undefined) {
      process.stderr.write('SKIPPED: root in a worker thread cannot become nobody, EACCES is not tested\n')
      skip('root in a worker thread cannot become nobody')
      return
    }
    chmodSync(files.folder(), 0o711)
    chmodSync(files.writer().path, 0o000)
    const { settle, alerts } = files.start()
    await asNobody(async () => {
      for (const _ of range(0, 5)) await settle()
    })
    expect(files.logged('No permission to read the file')).toHaveLength(1)
    expect(files.logged('No permission to read the file')[0]).toMatchObject({
      code: 'SOURCE_UNREADABLE',
      hint: expect.stringContaining('group wazuh') as string,
    })
    chmodSync(files.writer().path, 0o644)
    await settle()
    expect(numbersOf(alerts)).toEqual([1])
  })

  it('may be one of several, each with its own place', async () => {
    const archives = createLogWriter(files.folder(), 'archives')
    const { settle } = files.start({ files: [files.writer().path, archives.path] })
    files.write(1)
    archives.line('{"timestamp":"2026-03-09T08:00:00.000+0000","id":"1.2","full_log":"no rule here"}')
    files.writer().flush()
    archives.flush()
    const read = await settle()
    archives.rotate()
    archives.line(alertLine(3))
    archives.flush()
    const later = await settle()
    archives.close()
    expect(read.map(({ origin }) => origin)).toEqual([
      { file: files.writer().path, offset: 0 },
      { file: archives.path, offset: 0 },
    ])
    expect(later.map(({ origin }) => origin)).toEqual([{ file: archives.path, offset: 0 }])
  })
})

describe('startAt end', () => {
  it('T6, R01: reads what comes, and the line that is being written whole', async () => {
    files.write(1)
    files.writer().flush()
    const half = alertLine(2)
    files.writer().bytes(Buffer.from(half.slice(0, 80)))
    files.writer().flush()
    const { settle, alerts } = files.start({ startAt: 'end' })
    await settle()
    files.writer().bytes(Buffer.from(`${half.slice(80)}\n`))
    files.writer().flush()
    await settle()
    expect(numbersOf(alerts)).toEqual([2])
  })
})

describe('faulty lines', () => {
  it('T11, T13, R08, R16: are counted by reason, and the good ones around them read', async () => {
    files.writer().line(`\uFEFF${alertLine(1)}`)
    files.writer().line(`${alertLine(2)}\r`)
    files.writer().line('')
    files.writer().line('   ')
    files.writer().line('\r')
    files.writer().line('[1,2]')
    files.writer().line('not JSON at all')
    files.writer().line(`  ${alertLine(3)}`)
    const [head = '', tail = ''] = alertLine(4).split('Test')
    files.writer().bytes(Buffer.concat([Buffer.from(head), Buffer.of(0x80, 0xff), Buffer.from(`${tail}\n`)]))
    files.writer().line(alertLine(5, 5000))
    files.writer().line(alertLine(6))
    files.writer().flush()
    const { settle, alerts } = files.start({ maxLineBytes: '4KiB', readBytes: '1KiB' })
    await settle()
    expect(numbersOf(alerts)).toEqual([1, 2, 3, 4, 6])
    expect(alerts[3]?.body['rule']).toMatchObject({ description: '\uFFFD\uFFFD' })
    expect(await files.counted('lines_skipped_total', 'blank')).toBe(3)
    expect(await files.counted('lines_skipped_total', 'not_object')).toBe(1)
    expect(await files.counted('lines_skipped_total', 'malformed')).toBe(1)
    expect(await files.counted('lines_skipped_total', 'too_long')).toBe(1)
    expect(await files.counted('lines_repaired_total', 'invalid_utf8')).toBe(1)
  })
})

describe('abort', () => {
  it('ends the reading within one poll, and nothing comes after it', async () => {
    files.write(1, 2, 3)
    files.writer().flush()
    const { settle, stop } = files.start({ batchAlerts: 1 })
    await settle()
    await stop()
    files.write(4)
    files.writer().flush()
    expect(await settle()).toEqual([])
  })
})

describe('the lag', () => {
  it('and the position are known', async () => {
    files.write(1, 2)
    files.writer().flush()
    const { settle, source, telemetry } = files.start()
    for (const _ of range(0, 10)) await settle()
    expect(source.status()).toEqual([
      { file: files.writer().path, position: sizeOf(files.writer().path), lagBytes: 0 },
    ])
    expect(await telemetry.metrics.total('source_lag_bytes')).toBe(0)
  })
})

describe('while nobody asks for the next batch', () => {
  it('what is acknowledged reaches the checkpoint within a second, and the lag is known', async () => {
    files.write(1, 2)
    files.writer().flush()
    const path = files.writer().path
    const clock = manualClock()
    const telemetry = recordedTelemetry(clock)
    const stop = new AbortController()
    const config = wazuhFileConfig.parse({
      type: 'wazuh-file',
      files: [path],
      startAt: 'beginning',
      batchAlerts: 1,
    })
    const decode = await createDecoder()
    const source = createWazuhFileSource({ id: 'w', config, stateDir: files.folder(), decode, telemetry })
    const iterator = source.read(stop.signal)[Symbol.asyncIterator]()
    const { value } = (await iterator.next()) as { readonly value: Batch }
    value.ack()
    files.write(3)
    files.writer().flush()
    const offset = readFileSync(path).indexOf('\n') + 1
    const saved = checkpointPath(files.folder(), 'w')
    const isSaved = (): boolean =>
      existsSync(saved) && readFileSync(saved, 'utf8').includes(`"offset":${offset},`)
    const lag = Buffer.byteLength(`${alertLine(3)}\n`)
    const isKnown = async (): Promise<boolean> => (await telemetry.metrics.total('source_lag_bytes')) === lag
    // Ends with the test's own time limit when it never comes.
    while (!isSaved() || !(await isKnown())) await clock.advance(1000)
    expect(source.status()).toMatchObject([{ file: path, lagBytes: lag }])
    stop.abort()
    await iterator.return?.()
    await source.close()
  })
})
