import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createDecoder, type Decoded } from '../../src/sources/decode.ts'
import { createLineSplitter } from '../../src/sources/lines.ts'

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
