import {
  appendFileSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDecoder, type Decoded } from '../../src/sources/decode.ts'
import { createLineSplitter } from '../../src/sources/lines.ts'
import { alertLine } from '../support/log-writer.ts'
import { numbersOf, range, runSource, temporaryFolder, type TemporaryFolder } from '../support/wazuh-file.ts'

/** Recorded from a running Wazuh 4.14.7; not part of the project. */
const RECORDED = '../shared/data/wazuh-recorded'
const there = existsSync(RECORDED)
if (!there) process.stderr.write(`SKIPPED: ${RECORDED} is not there, recorded alerts are not read\n`)

const decode = await createDecoder()

function decodeFile(name: string, chunkBytes = 65_536): readonly Decoded[] {
  const bytes = readFileSync(`${RECORDED}/${name}`)
  const decoded: Decoded[] = []
  const splitter = createLineSplitter({
    offset: 0,
    maxLineBytes: 8 * 1024 ** 2,
    onLine: (line, offset) => decoded.push(decode(line, name, offset)),
    onTooLong: () => undefined,
  })
  for (let at = 0; at < bytes.length; at += chunkBytes) splitter.push(bytes.subarray(at, at + chunkBytes))
  return decoded
}

function linesOf(name: string): number {
  return readFileSync(`${RECORDED}/${name}`, 'latin1').split('\n').length - 1
}

function kinds(decoded: readonly Decoded[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { kind } of decoded) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

describe.skipIf(!there)('recorded alerts', () => {
  it('all decode, each with a time, a rule and a manager', () => {
    const decoded = decodeFile('alerts-real.jsonl', 4096)
    expect(kinds(decoded)).toEqual({ alert: 3151 })
    const poor = decoded.filter(
      (one) =>
        one.kind === 'alert' && (one.alert.time === 0 || one.alert.ruleId === '' || one.alert.manager === ''),
    )
    expect(poor).toEqual([])
  })

  it('of the archives all decode, those without rule too', () => {
    expect(kinds(decodeFile('archives-real.jsonl'))).toEqual({ alert: linesOf('archives-real.jsonl') })
  })

  it('T12, R33: glued by a crash give the whole one', () => {
    expect(kinds(decodeFile('tail-fixtures/crash-2-after-restart.jsonl'))).toEqual({ alert: 330, glued: 1 })
  })

  it('T11: with odd bytes all decode, those that are not UTF-8 repaired', () => {
    const decoded = decodeFile('tail-fixtures/odd-lines.jsonl')
    expect(kinds(decoded)).toEqual({ alert: 7 })
    expect(decoded.filter((one) => one.kind === 'alert' && one.repaired)).toHaveLength(3)
  })
})

let folder: TemporaryFolder
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

function fixture(name: string): Buffer {
  return readFileSync(`${RECORDED}/tail-fixtures/${name}`)
}

describe.skipIf(!there)('a recorded crash of Wazuh', () => {
  it.each(['goes on', 'is stopped meanwhile', 'is killed meanwhile'])(
    'T4, T12, R33: gives each whole alert once when Tripline %s',
    async (how) => {
      const path = join(folder.path, 'alerts.json')
      const settings = { files: [path], startAt: 'beginning' }
      const before = fixture('crash-1-after-kill9.jsonl')
      writeFileSync(path, before)
      let running = runSource(folder.path, settings)
      await running.settle(true, 10)
      const ids = running.alerts.map(({ id }) => id)
      const torn = ids.length
      if (how !== 'goes on') {
        await running[how === 'is stopped meanwhile' ? 'stop' : 'kill']()
        running = runSource(folder.path, settings)
      }
      const seen = running.alerts.length
      appendFileSync(path, fixture('crash-2-after-restart.jsonl').subarray(before.length))
      await running.settle()
      await running.stop()
      ids.push(...running.alerts.slice(seen).map(({ id }) => id))
      // 331 lines, of which one is half an alert with a whole one behind it.
      expect({ torn, all: ids.length, different: new Set(ids).size }).toEqual({
        torn: 124,
        all: 331,
        different: 331,
      })
    },
  )
})

/** A recorded system call on the JSON files of alerts. */
interface Call {
  readonly name: string
  readonly paths: readonly string[]
}

function recordedCalls(name: string): readonly Call[] {
  const lines = readFileSync(`${RECORDED}/rotation/${name}`, 'utf8').split('\n')
  return lines.flatMap((line) => {
    const call = /(openat|close|unlink|link)\(/.exec(line)?.[1]
    const paths = [...line.matchAll(/logs\/alerts\/([^">]*\.json)/g)].map((found) => found[1] ?? '')
    return call === undefined || paths.length === 0 ? [] : [{ name: call, paths }]
  })
}

describe.skipIf(!there)('recorded rotations', () => {
  it.each(['midnight.syscalls.txt', 'interval-rotation.syscalls.txt'])(
    'T3, R30: of %s lose nothing, looked at after each system call',
    async (name) => {
      const calls = recordedCalls(name)
      const link = join(folder.path, 'alerts.json')
      const begun = join(folder.path, calls[0]?.paths[0] ?? '')
      mkdirSync(dirname(begun), { recursive: true })
      let fd = openSync(begun, 'a')
      linkSync(begun, link)
      let number = 0
      const write = (): void => {
        writeSync(fd, `${alertLine(number)}\n`)
        number += 1
      }
      write()
      const running = runSource(folder.path, { files: [link], startAt: 'beginning' })
      await running.settle()
      for (const { name: call, paths } of calls) {
        const [path = '', other = ''] = paths.map((each) => join(folder.path, each))
        if (call === 'close') {
          // The first event of the new day goes to the old file.
          write()
          closeSync(fd)
        } else if (call === 'openat') fd = openSync(path, 'a')
        else if (call === 'unlink') unlinkSync(path)
        else linkSync(path, other)
        await running.settle()
        if (call === 'link') write()
      }
      await running.settle()
      await running.stop()
      closeSync(fd)
      expect(calls.filter(({ name: call }) => call === 'link').length).toBeGreaterThan(0)
      expect(numbersOf(running.alerts)).toEqual(range(0, number))
    },
  )
})
