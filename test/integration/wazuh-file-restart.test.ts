import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { alertLine, createLogWriter, type LogWriter } from '../support/log-writer.ts'
import {
  numbersOf,
  runSource,
  temporaryFolder,
  type Running,
  type TemporaryFolder,
} from '../support/wazuh-file.ts'

let folder: TemporaryFolder
let stateDir: string
let writer: LogWriter
const started: Running[] = []

beforeEach(() => {
  folder = temporaryFolder()
  stateDir = join(folder.path, 'state')
  writer = createLogWriter(folder.path)
})
afterEach(async () => {
  for (const running of started.splice(0)) await running.stop()
  folder.remove()
})

function start(settings: Record<string, unknown> = {}): Running {
  const running = runSource(stateDir, { files: [writer.path], ...settings })
  started.push(running)
  return running
}

/** One whole run: what it read. */
async function run(settings: Record<string, unknown> = {}): Promise<readonly number[]> {
  const running = start(settings)
  await running.settle()
  await running.stop()
  return numbersOf(running.alerts)
}

function write(...numbers: readonly number[]): void {
  for (const number of numbers) writer.line(alertLine(number))
  writer.flush()
}

describe('a restart', () => {
  it('T9, R06: goes on where the last run stopped', async () => {
    write(1, 2)
    expect(await run({ startAt: 'beginning' })).toEqual([1, 2])
    expect(await run()).toEqual([])
    write(3)
    expect(await run()).toEqual([3])
    expect(await run({ startAt: 'beginning' })).toEqual([])
  })

  it('T6, R01: after a first start with nothing new goes on at the end it began at', async () => {
    write(1)
    expect(await run()).toEqual([])
    write(2)
    expect(await run()).toEqual([2])
  })

  it('T6: with startAt end skips what came while stopped', async () => {
    write(1)
    await run({ startAt: 'end' })
    write(2)
    expect(await run({ startAt: 'end' })).toEqual([])
  })

  it('T9, R06: reads again what was not acknowledged, from the first gap on', async () => {
    for (let number = 0; number < 50; number += 1) write(number)
    const { settle, open, stop } = start({ startAt: 'beginning', batchAlerts: 10 })
    await settle(false)
    for (const index of [4, 0, 3, 1]) open[index]?.ack()
    await stop()
    expect(await run()).toEqual(Array.from({ length: 30 }, (_, i) => i + 20))
  })

  it('R06: after a kill repeats at most what came after the last checkpoint, and loses nothing', async () => {
    write(1)
    const first = start({ startAt: 'beginning' })
    for (let polls = 0; polls < 4; polls += 1) await first.settle()
    write(2)
    await first.settle()
    await first.kill()
    write(3)
    expect([[3], [2, 3]]).toContainEqual(await run())
  })

  it('T5, R05, R31: finishes the old file and those between after rotations while stopped', async () => {
    write(1)
    await run({ startAt: 'beginning' })
    write(2)
    for (const number of [3, 4, 5, 6]) {
      writer.rotate(number === 5 ? 'day' : 'part')
      write(number)
    }
    expect(await run()).toEqual([2, 3, 4, 5, 6])
    expect(await run()).toEqual([])
  })

  it('T5, R31: finds the old file when it was packed meanwhile', async () => {
    write(1)
    await run({ startAt: 'beginning' })
    write(2)
    const old = writer.dated()
    writer.rotate('day')
    write(3)
    const between = writer.dated()
    writer.rotate('day')
    write(4)
    writer.compress(old)
    writer.compress(between)
    expect(await run()).toEqual([2, 3, 4])
    expect(await run()).toEqual([])
  })

  it('R11: says that the old file is gone, and reads those after it', async () => {
    write(1)
    await run({ startAt: 'beginning' })
    const old = writer.dated()
    writer.rotate()
    write(2)
    writer.rotate()
    write(3)
    rmSync(old)
    const running = start()
    await running.settle()
    expect(numbersOf(running.alerts)).toEqual([2, 3])
    expect(running.telemetry.lines.filter(({ level }) => level === 50)).toHaveLength(1)
  })

  it('T8, R04: reads a truncated and filled file from its beginning', async () => {
    write(1, 2)
    await run({ startAt: 'beginning' })
    writer.truncate()
    write(3, 4, 5)
    expect(await run()).toEqual([3, 4, 5])
  })

  it('R09: knows a file with the old inode number and other content for another one', async () => {
    const path = join(folder.path, 'plain.json')
    writeFileSync(path, `${alertLine(1)}\n`)
    await run({ files: [path], startAt: 'beginning' })
    const { ino } = statSync(path)
    // The same inode number by the surest way: the same file with other bytes.
    writeFileSync(path, `${alertLine(2)}\n${alertLine(3)}\n`)
    expect(statSync(path).ino).toBe(ino)
    expect(await run({ files: [path] })).toEqual([2, 3])
  })

  it('T9: with another device number, as after a reboot, still knows the file', async () => {
    write(1)
    await run({ startAt: 'beginning' })
    const checkpoint = join(stateDir, 'checkpoints', 'wazuh.json')
    const { dev } = statSync(writer.path)
    writeFileSync(checkpoint, readFileSync(checkpoint, 'utf8').replaceAll(`"dev":"${dev}"`, '"dev":"1"'))
    write(2)
    expect(await run()).toEqual([2])
  })

  it('R13: with a damaged checkpoint reads from the beginning rather than skip', async () => {
    write(1)
    await run({ startAt: 'beginning' })
    writeFileSync(join(stateDir, 'checkpoints', 'wazuh.json'), '{"version":1,"fi')
    expect(await run()).toEqual([1])
  })
})

describe('the checkpoint', () => {
  it('R13: that cannot be written is told at a limited rate, and reading goes on', async () => {
    mkdirSync(folder.path, { recursive: true })
    writeFileSync(stateDir, 'a file where a folder is needed')
    const running = start({ startAt: 'beginning' })
    for (let number = 0; number < 20; number += 1) {
      write(number)
      await running.settle()
    }
    expect(running.alerts).toHaveLength(20)
    // The damaged state folder is told when the checkpoint is loaded, and once when it is written.
    expect(running.telemetry.lines.filter(({ level }) => level === 50)).toHaveLength(2)
  })

  it('tells the position for those who search the log', async () => {
    write(1)
    const running = start({ startAt: 'beginning' })
    await running.settle()
    await running.stop()
    expect(
      running.telemetry.lines.filter(({ msg }) => msg === 'Processed up to position').at(-1),
    ).toMatchObject({
      file: writer.path,
      offset: statSync(writer.path).size,
    })
  })
})

describe('back-pressure', () => {
  it('T16: stops reading at 64 batches that are not acknowledged', async () => {
    for (let number = 0; number < 100; number += 1) writer.line(alertLine(number))
    writer.flush()
    const { source } = runSource(stateDir, { files: [writer.path], startAt: 'beginning', batchAlerts: 1 })
    const abort = new AbortController()
    const iterator = source.read(abort.signal)[Symbol.asyncIterator]()
    const acks: (() => void)[] = []
    for (let count = 0; count < 64; count += 1) {
      const { value } = (await iterator.next()) as { value: { ack(): void } }
      acks.push(() => value.ack())
    }
    let resolved = false
    const next = iterator.next().then((result) => {
      resolved = true
      return result
    })
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    expect(resolved).toBe(false)
    acks[1]?.()
    acks[0]?.()
    expect((await next).done).toBe(false)
    abort.abort()
    expect((await iterator.next()).done).toBe(true)
    await source.close()
  })
})

describe('a .gz file', () => {
  it('R15: is read once: several members, the last line without newline', async () => {
    const path = join(folder.path, 'old.json.gz')
    const members = [
      `${alertLine(1)}\n${alertLine(2).slice(0, 50)}`,
      `${alertLine(2).slice(50)}\n${alertLine(3)}`,
    ]
    writeFileSync(path, Buffer.concat(members.map((member) => gzipSync(member))))
    expect(await run({ files: [path] })).toEqual([1, 2, 3])
    expect(await run({ files: [path] })).toEqual([])
    expect(await run({ files: [path], startAt: 'end' })).toEqual([])
  })

  it('R15: that is cut off gives all that can be unpacked, and an error', async () => {
    const lines = Array.from({ length: 3000 }, (_, number) => alertLine(number, 900))
    const packed = gzipSync(`${lines.join('\n')}\n`, { level: 0 })
    const path = join(folder.path, 'old.json.gz')
    writeFileSync(path, packed.subarray(0, packed.length - 100_000))
    const running = start({ files: [path] })
    await running.settle()
    const numbers = numbersOf(running.alerts)
    expect(numbers.length).toBeGreaterThan(2880)
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, number) => number))
    // It might still be written: ten seconds without growth say that it is not.
    for (let looks = 0; looks < 25; looks += 1) await running.settle()
    expect(running.telemetry.lines.filter(({ level }) => level === 50)).toHaveLength(1)
  })

  it('next to a followed one does not end the reading', async () => {
    const path = join(folder.path, 'old.json.gz')
    writeFileSync(path, gzipSync(`${alertLine(1)}\n`))
    const running = start({ files: [path, writer.path], startAt: 'beginning' })
    await running.settle()
    appendFileSync(writer.path, `${alertLine(2)}\n`)
    await running.settle()
    expect(numbersOf(running.alerts)).toEqual([1, 2])
  })
})
