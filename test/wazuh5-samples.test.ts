import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Alert } from '../src/core/alert.ts'
import { extractConfig } from '../src/extract/config.ts'
import { createExtractor } from '../src/extract/extract.ts'
import { createLoopGuard } from '../src/extract/loop-guard.ts'
import { createDecoder } from '../src/sources/decode.ts'

/** Findings that Wazuh's dashboard 5.0.1 shows as samples, two of each kind. What they must give was read off them by hand. */

interface Expected {
  readonly line: number
  readonly level: number
  readonly rule: string
  readonly agent: string
  readonly groups: readonly string[]
  /** Type, value, fields. */
  readonly observables: readonly string[]
}

const SAMPLES = new URL('../../shared/data/alerts/findings-5x-samples.jsonl', import.meta.url)
const isHere = existsSync(SAMPLES)
if (!isHere) process.stderr.write('SKIPPED: the sample findings of Wazuh 5 are not here\n')

const expected = JSON.parse(readFileSync('test/fixtures/wazuh5/samples.json', 'utf8')) as readonly Expected[]
const extract = createExtractor(extractConfig.parse({}))

async function findings(): Promise<readonly Alert[]> {
  const decode = await createDecoder()
  return readFileSync(SAMPLES, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const decoded = decode(Buffer.from(line), 'findings.jsonl', 0)
      if (decoded.kind !== 'alert') throw new Error(`no alert in ${line}`)
      return decoded.alert
    })
}

function summary(alert: Alert, at: number): Expected {
  return {
    line: at + 1,
    level: alert.level,
    rule: alert.ruleId,
    agent: `${alert.agent.id} ${alert.agent.name}`,
    groups: alert.groups,
    observables: extract(alert).observables.map(({ type, value, where }) =>
      [type, value, ...where].join(' '),
    ),
  }
}

describe.skipIf(!isHere)('the sample findings of Wazuh 5', () => {
  it('give level, rule, agent and observables as read off by hand, line by line', async () => {
    const all = await findings()
    expect(all).toHaveLength(36)
    for (const [at, alert] of all.entries()) expect(summary(alert, at)).toEqual(expected[at])
    expect(expected).toHaveLength(36)
  })

  it('have ids of their own and a time, and none is taken for the work of threat intelligence', async () => {
    const all = await findings()
    expect(new Set(all.map(({ id }) => id)).size).toBe(36)
    const guard = createLoopGuard([])
    for (const alert of all) {
      expect(new Date(alert.time).toISOString().slice(0, 10)).toBe('2026-07-06')
      expect(guard.isOwn(alert)).toBe(false)
    }
  })
})
