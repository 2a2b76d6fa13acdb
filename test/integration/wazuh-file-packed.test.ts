import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { useWazuhFiles } from '../support/wazuh-file-tests.ts'
import { range } from '../support/wazuh-file.ts'

const files = useWazuhFiles()

/** Reads one line, then is stopped; the rest of a day is written, and the file left. Gives its path. */
async function leaveDay(...numbers: readonly number[]): Promise<string> {
  files.start()
  files.write(0)
  await files.read()
  const day = files.writer().dated()
  files.write(...numbers)
  return day
}

function packInPart(path: string, share: number): Buffer {
  const packed = gzipSync(readFileSync(path))
  writeFileSync(`${path}.gz`, packed.subarray(0, Math.floor(packed.length * share)))
  return packed
}

describe('a dated file packed since', () => {
  it('R31, R32: is read on at the offset, counted in unpacked bytes', async () => {
    const stopped = leaveDay(...range(1, 300))
    const day = await stopped
    const running = files.restart()
    files.writer().rotate('day')
    files.write(300)
    files.writer().compress(day)
    await running
    expect(await files.read()).toEqual(range(1, 301))
    await files.restart()
    expect(await files.read()).toEqual([])
  })

  it('R31, R15: of several gzip members is read through all of them', async () => {
    const day = await leaveDay(1, 2)
    const running = files.restart()
    files.writer().rotate('day')
    files.write(3)
    const bytes = readFileSync(day)
    const members = [bytes.subarray(0, 400), bytes.subarray(400)].map((part) => gzipSync(part))
    writeFileSync(`${day}.gz`, Buffer.concat(members))
    rmSync(day)
    await running
    expect(await files.read()).toEqual([1, 2, 3])
  })

  it.each([0, 0.3, 0.9])(
    'R32, R15: only in part (%d of it is written) is left alone while the plain one is there',
    async (share) => {
      const day = await leaveDay(...range(1, 50))
      const running = files.restart()
      files.writer().rotate('day')
      files.write(50)
      packInPart(day, share)
      await running
      expect(await files.read()).toEqual(range(1, 51))
      expect(await files.counted('file_losses_total', 'damaged')).toBe(0)
    },
  )

  it('R32: while it is read plain does no harm, as the open file stays', async () => {
    const day = await leaveDay()
    files.write(...range(1, 200))
    const { settle, open } = await files.restart({ batchAlerts: 1, readBytes: '1KiB' })
    await settle(false)
    files.writer().rotate('day')
    files.write(200)
    files.writer().compress(day)
    for (const batch of open.splice(0)) batch.ack()
    expect(await files.read()).toEqual(range(1, 201))
  })

  it('R15: that is still being written, its plain one gone, is read on when it grows', async () => {
    const day = await leaveDay(...range(1, 200))
    const running = files.restart()
    files.writer().rotate('day')
    files.write(200)
    const packed = packInPart(day, 0.5)
    rmSync(day)
    await running
    const before = await files.read()
    appendFileSync(`${day}.gz`, packed.subarray(Math.floor(packed.length * 0.5)))
    expect(await files.read()).toEqual(range(1, 201))
    expect(before.length).toBeLessThan(200)
    expect(await files.counted('file_losses_total', 'damaged')).toBe(0)
  })

  it('R15: and cut off for good gives what can be unpacked, is told and counted, and does not hold up the rest', async () => {
    const day = await leaveDay(...range(1, 200))
    const running = files.restart()
    files.writer().rotate('day')
    files.write(200)
    packInPart(day, 0.5)
    rmSync(day)
    await running
    await files.read()
    for (const _ of range(0, 25)) await files.read()
    const read = await files.read()
    expect(read.at(-1)).toBe(200)
    expect(read.length).toBeLessThan(200)
    expect(await files.counted('file_losses_total', 'damaged')).toBe(1)
    await files.restart()
    expect(await files.read()).toEqual([])
  })

  it('R15: damaged at its first byte is told and counted', async () => {
    const day = await leaveDay(1)
    const running = files.restart()
    files.writer().rotate('part')
    files.write(2)
    const part = files.writer().dated()
    files.writer().rotate('part')
    files.write(3)
    writeFileSync(`${part}.gz`, 'this is no gzip')
    rmSync(part)
    await running
    for (const _ of range(0, 25)) await files.read()
    expect(await files.read()).toEqual([1, 3])
    expect(await files.counted('file_losses_total', 'damaged')).toBe(1)
    expect(day).not.toBe(part)
  })

  it('R32: is told apart from a plain one that Wazuh began anew under its name', async () => {
    files.start()
    files.write(1)
    await files.read()
    const day = files.writer().dated()
    files.writer().rotate('day')
    files.write(2)
    await files.read()
    const running = files.restart()
    files.writer().compress(day)
    files.writer().startAgain('before')
    files.write(3)
    files.writer().rotate('day')
    files.write(4)
    await running
    const read = await files.read()
    expect([...read].toSorted((a, b) => a - b)).toEqual([3, 4])
  })

  it('and unpacked again by hand is not read again', async () => {
    files.start()
    files.write(...range(0, 9))
    await files.read()
    const day = files.writer().dated()
    const bytes = readFileSync(day)
    files.writer().rotate('day')
    await files.read()
    files.writer().compress(day)
    const running = files.restart()
    // Takes the inode number of the plain one, so that the new one gets another.
    writeFileSync(`${day}.other`, '')
    writeFileSync(day, bytes)
    files.write(9)
    await running
    expect(await files.read()).toEqual([9])
    expect(await files.counted('file_losses_total', 'gone')).toBe(0)
  })
})

describe('many files', () => {
  it('T5, R31: written while stopped, plain and packed, come once and in order', async () => {
    files.start()
    files.write(0)
    await files.read()
    const running = files.restart()
    const days: string[] = []
    for (const number of range(1, 60)) {
      files.write(number)
      days.push(files.writer().dated())
      files.writer().rotate(number % 5 === 0 ? 'day' : 'part')
    }
    // monitord packs the unsuffixed file of each day only.
    for (const day of days.filter((path) => /-\d\d\.json$/.test(path))) files.writer().compress(day)
    files.write(60)
    await running
    expect(await files.read()).toEqual(range(1, 61))
    await files.restart()
    expect(await files.read()).toEqual([])
  })
})

function writeDays(): void {
  for (const number of range(1, 6)) {
    const old = files.writer().dated()
    files.write(number)
    files.writer().rotate(number === 3 ? 'part' : 'day')
    if (number === 2) files.writer().compress(old)
  }
  files.write(6)
}

describe('back-filling', () => {
  it.each([
    [0, []],
    [1, [6]],
    [2, [5, 6]],
    [3, [3, 4, 5, 6]],
    [4, [2, 3, 4, 5, 6]],
    [99, [1, 2, 3, 4, 5, 6]],
  ])('T6: of %i days reads their files first, parts and packed ones too', async (backfillDays, expected) => {
    writeDays()
    files.start({ startAt: 'checkpoint', backfillDays })
    await files.read()
    files.write(7)
    expect(await files.read()).toEqual([...expected, 7])
    await files.restart({ startAt: 'checkpoint', backfillDays: 99 })
    expect(await files.read()).toEqual([])
  })

  it('T6: goes on where it was when Tripline is killed in the middle', async () => {
    writeDays()
    const settings = { startAt: 'checkpoint', backfillDays: 99, batchAlerts: 1 }
    const first = files.start(settings)
    const iterations: number[] = []
    await first.settle(false)
    for (const batch of first.open.slice(0, 3)) batch.ack()
    await first.stop()
    await files.restart(settings)
    iterations.push(...(await files.read()))
    expect(iterations).toEqual([4, 5, 6])
  })
})
