import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { alertLine } from '../support/log-writer.ts'
import { useWazuhFiles } from '../support/wazuh-file-tests.ts'
import { numbersOf, range } from '../support/wazuh-file.ts'

const files = useWazuhFiles()

describe('rotation', () => {
  it('T3, R02: loses nothing of the old file and reads the new one from its beginning', async () => {
    const { settle, alerts } = files.start()
    for (const round of range(0, 6)) {
      files.write(...range(round * 50, round * 50 + 50))
      await settle()
      files.writer().rotate(round % 2 === 0 ? 'part' : 'day')
    }
    files.writer().flush()
    await settle()
    expect(numbersOf(alerts)).toEqual(range(0, 300))
    expect(files.logged('File rotation detected')).toHaveLength(6)
  })

  it('R02: again and again while lines are written loses and invents nothing', async () => {
    const { settle, alerts } = files.start({ readBytes: '8KiB', batchAlerts: 7 })
    await settle()
    for (const number of range(0, 500)) {
      files.writer().line(alertLine(number, 280 + ((number * 37) % 900)))
      if (number % 41 === 40) files.writer().rotate(number % 3 === 0 ? 'day' : 'part')
      if (number % 29 === 0) await settle()
    }
    files.writer().flush()
    await settle()
    expect(numbersOf(alerts)).toEqual(range(0, 500))
  })

  it('T3, R30: is waited for while the path shows no file', async () => {
    const { settle, alerts } = files.start()
    await settle()
    files.write(1)
    const link = files.writer().rotateHalf()
    files.write(2)
    files.writer().flush()
    await settle()
    link()
    files.write(3)
    files.writer().flush()
    await settle()
    expect(numbersOf(alerts)).toEqual([1, 2, 3])
  })

  it('T5, R11: several times between two looks leaves no file out', async () => {
    const { settle, alerts } = files.start()
    files.write(1)
    files.writer().flush()
    await settle()
    for (const number of range(2, 9)) {
      files.write(number)
      files.writer().rotate(number === 5 ? 'day' : 'part')
    }
    files.write(9)
    files.writer().flush()
    await settle()
    expect(numbersOf(alerts)).toEqual(range(1, 10))
  })

  it('T5: back to an older file goes on where that one was left', async () => {
    const { settle, alerts } = files.start()
    await settle()
    files.write(1, 2)
    const older = files.writer().dated()
    files.writer().rotate()
    files.write(3)
    files.writer().flush()
    await settle()
    // The newest file is deleted and Wazuh restarts: it opens the highest part that is left.
    rmSync(files.writer().dated())
    rmSync(files.writer().path)
    appendFileSync(older, `${alertLine(4)}\n`)
    renameSync(older, files.writer().path)
    await settle()
    expect(numbersOf(alerts)).toEqual([1, 2, 3, 4])
  })

  it('by hand is followed in the file that Wazuh goes on with', async () => {
    const { settle, alerts } = files.start()
    files.write(1)
    files.writer().flush()
    await settle()
    renameSync(files.writer().path, `${files.writer().path}.1`)
    writeFileSync(files.writer().path, '')
    await settle()
    files.write(2)
    files.writer().rotate('day')
    files.write(3)
    files.writer().flush()
    await settle()
    expect(numbersOf(alerts)).toEqual([1, 2, 3])
  })

  it('T4: with a torn line at the end counts it as a fragment', async () => {
    const { settle, alerts } = files.start()
    await settle()
    files.write(1)
    files.writer().bytes(Buffer.from(alertLine(2).slice(0, 100)))
    files.writer().rotate()
    files.write(3)
    files.writer().flush()
    await settle()
    expect(numbersOf(alerts)).toEqual([1, 3])
    expect(await files.counted('lines_skipped_total', 'fragment')).toBe(1)
  })

  it('T4: with a whole alert at the end that lacks its newline still gives it', async () => {
    const { settle, alerts } = files.start()
    await settle()
    files.writer().bytes(Buffer.from(alertLine(1)))
    files.writer().rotate()
    await settle()
    expect(numbersOf(alerts)).toEqual([1])
    expect(await files.counted('lines_repaired_total', 'unterminated')).toBe(1)
  })
})

describe('the same file', () => {
  it('T7: is not read again when Wazuh restarts', async () => {
    const { settle, alerts } = files.start()
    files.write(1)
    files.writer().flush()
    await settle()
    files.writer().restart()
    await settle()
    files.write(2)
    files.writer().flush()
    await settle()
    expect(numbersOf(alerts)).toEqual([1, 2])
  })

  it('T8, R04: is read from 0 after truncation', async () => {
    const { settle, alerts } = files.start()
    files.write(1, 2, 3)
    files.writer().flush()
    await settle()
    files.writer().truncate()
    await settle()
    files.write(4)
    files.writer().flush()
    await settle()
    expect(numbersOf(alerts)).toEqual([1, 2, 3, 4])
  })

  it('T8, R04: is read from 0 when it was cut and filled again beyond the old size between two looks', async () => {
    const { settle, alerts } = files.start()
    files.write(1)
    files.writer().flush()
    await settle()
    files.writer().truncate()
    files.write(2, 3, 4)
    files.writer().flush()
    await settle()
    expect(numbersOf(alerts)).toEqual([1, 2, 3, 4])
  })

  it('T12, R33: gives the whole alert of a line that a crash glued', async () => {
    const { settle, alerts } = files.start()
    // 4096 bytes reach the file, the rest is lost: the next alert follows half a line.
    for (const number of range(0, 20)) files.writer().line(alertLine(number, 299))
    files.writer().crash()
    files.write(100)
    files.writer().flush()
    await settle()
    expect(numbersOf(alerts)).toEqual([...range(0, 13), 100])
    expect(await files.counted('lines_skipped_total', 'fragment')).toBe(1)
    expect(await files.counted('lines_repaired_total', 'glued')).toBe(1)
  })
})
