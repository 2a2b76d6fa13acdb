import { describe, expect, it } from 'vitest'
import { alertWith } from '../../test/support/alerts.ts'
import { EXCLUSIONS, OBSERVABLE_TYPES, type Observable } from '../core/observable.ts'
import { createExamineLines, type ExamineParts } from './examine-lines.ts'
import { fromObservableCode, observableCode, partOf } from './line-findings.ts'

const SEEN: Observable = { type: 'domain', value: 'a.example.net', where: ['data.query'] }

function examineWith(parts: Partial<ExamineParts>) {
  return createExamineLines({
    decode: () => alertWith({}),
    isOwn: () => false,
    extract: () => ({ observables: [SEEN], dropped: 0 }),
    policy: { exclusion: () => undefined, holdsObservable: () => undefined },
    probe: (_, { keys }) => void keys.push(1, 2),
    ...parts,
  })
}

const LINES = Buffer.from('{"a":1}\n'.repeat(100))

describe('a block of lines', () => {
  it('has an entry for each usual alert: where it stands, what it holds, what the mirror is to be asked', () => {
    const findings = examineWith({ parsedLine: () => 'text' })(LINES, 100)
    expect([findings.starts.length, findings.starts[2], findings.ends[2]]).toEqual([100, 16, 23])
    expect([partOf(findings.keyEnds, 2), partOf(findings.textEnds, 2)]).toEqual([
      [4, 6],
      [8, 12],
    ])
    expect(fromObservableCode(findings.observables[2] ?? 0)).toEqual({ type: 'domain' })
  })

  it('has no more text made ahead than twice its size, and no entries behind', () => {
    const text = 'x'.repeat(300)
    const findings = examineWith({ parsedLine: () => text })(LINES, 100)
    expect(findings.text.length).toBeGreaterThan(2 * LINES.length)
    expect(findings.text.length).toBeLessThanOrEqual(2 * LINES.length + text.length)
    expect(findings.starts).toHaveLength(findings.text.length / text.length)
  })

  it('has no entry for what throws, and nothing of it in the entries behind', () => {
    let calls = 0
    const findings = examineWith({
      probe: (_, { keys }) => {
        keys.push(1, 2)
        calls += 1
        if (calls % 2 === 1) throw new TypeError('a defect')
      },
    })(LINES, 100)
    expect([findings.starts.length, findings.keys.length, findings.observables.length]).toEqual([50, 100, 50])
  })
})

it('codes of observables tell every type with every exclusion', () => {
  for (const type of OBSERVABLE_TYPES)
    for (const excluded of [undefined, ...EXCLUSIONS]) {
      const code = observableCode(type, excluded)
      expect(code).toBeLessThan(256)
      expect(fromObservableCode(code)).toEqual({ type, excluded })
    }
})
