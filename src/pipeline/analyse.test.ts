import { describe, expect, it } from 'vitest'
import { alertOf, alertWith } from '../../test/support/alerts.ts'
import { holding, noPatterns } from '../../test/support/patterns.ts'
import { exactIndex, indicatorOf } from '../../test/support/index.ts'
import type { Alert } from '../core/alert.ts'
import type { Indicator } from '../core/indicator.ts'
import type { MatchedIndicator } from '../core/match.ts'
import type { Observable } from '../core/observable.ts'
import { createAnalyser, toMatch } from './analyse.ts'
import { policyConfig } from './config.ts'
import { createPolicy } from './policy.ts'

const NOW = Date.UTC(2026, 2, 9)
const BAD: Observable = { type: 'ipv4', value: '9.9.9.9', where: ['data.srcip'] }

function analyserOf(
  observables: readonly Observable[],
  indicators: readonly Indicator[],
  settings: object = {},
) {
  const policy = createPolicy(policyConfig.parse(settings))
  const analyse = createAnalyser({
    patterns: noPatterns,
    isOwn: () => false,
    extract: () => ({ observables, dropped: 0 }),
    index: exactIndex(indicators),
    policy,
    now: () => NOW,
  })
  const matches = (alert: Alert = alertWith({})) => {
    const analysis = analyse(alert)
    return analysis.judged.flatMap((judged) => toMatch(analysis, judged, policy, NOW) ?? [])
  }
  return { analyse, matches }
}

const about = (part: Partial<Indicator> = {}) => indicatorOf({ type: 'ipv4', value: '9.9.9.9', ...part })

describe('matching one alert', () => {
  it('reports all indicators that apply, and drops the held ones among them', () => {
    const [match] = analyserOf(
      [BAD],
      [about({ ref: 'a' }), about({ ref: 'b' }), about({ ref: 'c', validUntil: NOW })],
    ).matches()
    expect(match?.indicators.map(({ indicator }) => indicator.ref)).toEqual(['a', 'b'])
    expect(match?.suppressedBy).toEqual([])
  })

  it('holds a match back when no indicator counts, and says why', () => {
    const { analyse, matches } = analyserOf([BAD], [about({ validUntil: NOW }), about({ detection: false })])
    expect(matches()).toEqual([])
    expect(analyse(alertWith({})).judged[0]?.suppressedBy).toEqual(['expired', 'no-detection'])
  })

  it('reports held matches, marked, when told to', () => {
    const [match] = analyserOf([BAD], [about({ validUntil: NOW })], { reportHeld: true }).matches()
    expect(match?.suppressedBy).toEqual(['expired'])
    expect(match?.indicators[0].heldBy).toBe('expired')
  })

  it('reports flagged indicators as true matches, marked', () => {
    const [match] = analyserOf([BAD], [about({ revoked: true })], { revoked: 'flag' }).matches()
    expect([match?.suppressedBy, match?.indicators[0].heldBy]).toEqual([[], 'revoked'])
  })

  it('looks the allow-list up all the same, so that it can be seen', () => {
    const { analyse, matches } = analyserOf([BAD], [about()], { allow: { values: ['9.9.9.9'] } })
    expect(matches()).toEqual([])
    expect(analyse(alertWith({})).judged[0]).toMatchObject({
      excluded: 'allow-list',
      suppressedBy: ['allow-list'],
    })
  })

  it('never asks the mirror about special-use addresses', () => {
    const { analyse } = analyserOf([{ ...BAD, special: 'private' }], [about()])
    expect(analyse(alertWith({})).judged[0]).toMatchObject({ excluded: 'private', indicators: [] })
  })

  it('gives equal ids for the same alert and observable, others for others', () => {
    const { matches } = analyserOf([BAD], [about()])
    const ids = (part: Partial<Alert>) => matches(alertWith({}, { id: '1.1', ...part })).map(({ id }) => id)
    expect(ids({})).toEqual(ids({ digest: 99n }))
    expect(ids({})[0]).toMatch(/^[0-9a-f]{32}$/)
    for (const other of [{ id: '1.2' }, { manager: 'm2' }, { node: 'worker' }, { timestamp: 'later' }])
      expect(ids(other)).not.toEqual(ids({}))
  })

  it('gives the lines of alerts.json and archives.json for one alert the same id, though Wazuh does not', () => {
    const { matches } = analyserOf([BAD], [about()])
    const ids = (id: string, firedtimes: number) =>
      matches(alertOf({ id, rule: { id: '5710', firedtimes } })).map((match) => match.id)
    expect(ids('1773043200.9', 7)).toEqual(ids('1773043200.4', 7))
    expect(ids('1773043200.4', 8)).not.toEqual(ids('1773043200.4', 7))
  })

  it('drops alerts of threat-intelligence integrations before any work', () => {
    const analyse = createAnalyser({
      patterns: noPatterns,
      isOwn: () => true,
      extract: () => {
        throw new Error('no work wanted')
      },
      index: exactIndex([]),
      policy: createPolicy(policyConfig.parse({})),
      now: () => NOW,
    })
    expect(analyse(alertWith({}))).toMatchObject({ dropped: 'own_alert', judged: [] })
  })
})

const FIRST: Observable = { type: 'url', value: 'http://evil.com/', where: ['data.url'] }

function kindsOf(
  observables: readonly Observable[],
  found: readonly MatchedIndicator[],
  held: readonly string[],
) {
  const asked: (readonly Observable[] | undefined)[] = []
  const policy = createPolicy(policyConfig.parse({}))
  const analyse = createAnalyser({
    patterns: (alert, all) => {
      const holds = holding(...held)(alert)
      return (pattern) => {
        asked.push(all)
        return holds(pattern)
      }
    },
    isOwn: () => false,
    extract: () => ({ observables, dropped: 0 }),
    index: { size: 1, find: () => found },
    policy,
    now: () => NOW,
  })
  const judged = analyse(alertWith({})).judged
  return { asked, refs: judged.map(({ indicators }) => indicators.map(({ indicator }) => indicator.ref)) }
}

describe('indicators with a pattern', () => {
  it('apply only when it holds for the alert, and are not even held back otherwise', () => {
    const found = [
      { indicator: about({ ref: 'held', pattern: 'yes' }), kind: 'pattern' as const },
      { indicator: about({ ref: 'not held', pattern: 'no' }), kind: 'pattern' as const },
      { indicator: about({ ref: 'plain' }), kind: 'exact' as const },
    ]
    const { asked, refs } = kindsOf([BAD], found, ['yes'])
    expect(refs).toEqual([['held', 'plain']])
    expect(asked).toEqual([[BAD], [BAD]])
    expect(kindsOf([BAD], found.slice(1, 2), ['yes']).refs).toEqual([[]])
  })

  it('cost no question where there are none', () => {
    expect(kindsOf([BAD], [{ indicator: about(), kind: 'exact' }], []).asked).toEqual([])
  })

  it('about the host of a URL are not told a second time', () => {
    const host: Observable = { type: 'domain', value: 'evil.com', where: ['data.host'] }
    const found = [
      {
        indicator: indicatorOf({ type: 'domain', value: 'evil.com', ref: 'host', pattern: 'yes' }),
        kind: 'pattern' as const,
      },
      {
        indicator: indicatorOf({ type: 'url', value: 'http://evil.com/', ref: 'url', pattern: 'yes' }),
        kind: 'pattern' as const,
      },
    ]
    expect(kindsOf([FIRST], found, ['yes']).refs).toEqual([['host', 'url']])
    expect(kindsOf([FIRST, host], found, ['yes']).refs[0]).toEqual(['url'])
  })
})

const URL_SEEN: Observable = { type: 'url', value: 'http://9.9.9.9/x', where: ['data.url'] }

/** The kinds reported when an index answers every URL through its host. */
function viaHost(observables: readonly Observable[]) {
  const policy = createPolicy(policyConfig.parse({}))
  const index = {
    size: 1,
    find: ({ type }: Observable) => [
      { indicator: about(), kind: type === 'url' ? ('url-host' as const) : ('exact' as const) },
    ],
  }
  const analyse = createAnalyser({
    patterns: noPatterns,
    isOwn: () => false,
    extract: () => ({ observables, dropped: 0 }),
    index,
    policy,
    now: () => NOW,
  })
  const analysis = analyse(alertWith({}))
  return analysis.judged.flatMap((judged) => toMatch(analysis, judged, policy, NOW)?.kind ?? [])
}

describe('the host of a URL', () => {
  it('is matched through the URL when nothing else names it', () =>
    expect(viaHost([URL_SEEN, { ...BAD, derived: true }])).toEqual(['url-host']))
  it('is matched by itself, and only so, when the alert names it', () =>
    expect(viaHost([URL_SEEN, BAD])).toEqual(['exact']))
})
