import { appendFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { alertLine } from '../support/log-writer.ts'
import { useWazuhFiles } from '../support/wazuh-file-tests.ts'
import { numbersOf, range } from '../support/wazuh-file.ts'

const files = useWazuhFiles()
const KIB = 1024

describe('half a line', () => {
  it('T1: gives nothing, however long it stands there, and one alert when it is whole', async () => {
    const line = `${alertLine(1)}\n`
    const { settle, alerts } = files.start()
    appendFileSync(files.writer().path, line.slice(0, 200))
    // Two minutes of looks.
    await settle(true, 480)
    const before = numbersOf(alerts)
    appendFileSync(files.writer().path, line.slice(200))
    expect({ before, after: await files.read() }).toEqual({ before: [], after: [1] })
    expect(await files.counted('lines_skipped_total', 'fragment')).toBe(0)
  })

  it.each(['stop', 'kill'] as const)(
    'R07: at the end of the file when Tripline ends (%s) is finished once, by the next run',
    async (how) => {
      const line = `${alertLine(2)}\n`
      const first = files.start()
      appendFileSync(files.writer().path, `${alertLine(1)}\n${line.slice(0, 150)}`)
      // Longer than a second, after which the checkpoint is written.
      await first.settle(true, 10)
      await first[how]()
      appendFileSync(files.writer().path, line.slice(150))
      files.start()
      expect(await files.read()).toEqual([2])
    },
  )

  it('R07: that is rotated away and finished while stopped is read once', async () => {
    const line = `${alertLine(2)}\n`
    files.start()
    files.write(1)
    files.writer().bytes(Buffer.from(line.slice(0, 150)))
    files.writer().flush()
    await files.read()
    const running = files.restart()
    files.writer().bytes(Buffer.from(line.slice(150)))
    files.writer().rotate('day')
    files.write(3)
    await running
    expect(await files.read()).toEqual([2, 3])
    expect(await files.counted('lines_skipped_total', 'fragment')).toBe(0)
  })
})

describe('a long line', () => {
  it('R34: of 64 KiB, 1 MiB and just below the cap is read whole', async () => {
    const { alerts } = files.start()
    const sizes = [64 * KIB, 64 * KIB + 1, 1024 * KIB, 8 * 1024 * KIB]
    for (const [number, size] of sizes.entries()) files.writer().line(alertLine(number, size))
    files.write(4)
    expect(await files.read()).toEqual(range(0, 5))
    expect(alerts.map(({ body }) => JSON.stringify(body).length)).toEqual([...sizes, 300])
  })

  it('T10, R08: longer than the cap is skipped and counted, those before and behind it are kept, over a restart too', async () => {
    const settings = { maxLineBytes: '64KiB', readBytes: '16KiB' }
    files.start(settings)
    files.write(1)
    files.writer().bytes(Buffer.from(alertLine(2, 200 * KIB).slice(0, 100 * KIB)))
    files.writer().flush()
    expect(await files.read()).toEqual([1])
    expect(await files.counted('lines_skipped_total', 'too_long')).toBe(1)
    await files.restart(settings)
    files.writer().bytes(Buffer.from(`${alertLine(2, 200 * KIB).slice(100 * KIB)}\n`))
    files.write(3)
    expect(await files.read()).toEqual([3])
    expect(await files.counted('lines_skipped_total', 'too_long')).toBe(1)
  })

  it('T10: without an end costs no memory beyond the cap', async () => {
    const { source } = files.start({ maxLineBytes: '64KiB', readBytes: '64KiB' })
    const before = process.memoryUsage().arrayBuffers
    for (const _ of range(0, 64)) appendFileSync(files.writer().path, Buffer.alloc(1024 * KIB, 'x'))
    await files.read()
    const grown = process.memoryUsage().arrayBuffers - before
    expect(source.status()).toHaveLength(1)
    expect(grown).toBeLessThan(32 * 1024 * KIB)
    expect(await files.counted('lines_skipped_total', 'too_long')).toBe(1)
  })
})
