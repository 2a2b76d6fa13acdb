import { describe, expect, it } from 'vitest'
import {
  byObservable,
  byPattern,
  byRelated,
  fullObservable,
  indicatorOf,
  openCtiMatch,
  related,
} from '../../../test/support/opencti-samples.ts'
import type { Match, MatchKind } from '../../core/match.ts'
import type { OpenCtiIndicator } from '../../core/opencti.ts'
import { findingsOf } from './findings.ts'

const LIMITS = { maxIndicatorEvents: 3, maxObservableEvents: 3 }

const patternIds = (matches: readonly Match[], limits = LIMITS) =>
  findingsOf(matches, limits).patterns.map(({ told }) => told.context.indicator.id)

/** `<event type> <observable> own=<id>[+] related=<id>[+]`; the plus stands for several. */
const observablesOf = (matches: readonly Match[], limits = LIMITS) =>
  findingsOf(matches, limits).observables.map(({ observable, own, related: other }) =>
    [observable.id, own, other]
      .map((part) =>
        typeof part === 'object'
          ? `${part.best.context.indicator.id}${part.isOneOfSeveral ? '+' : ''}`
          : (part ?? '-'),
      )
      .join(' '),
  )

const held = (match: Match, ...ids: readonly string[]): Match => {
  const [first, ...rest] = match.indicators.map((entry) =>
    ids.includes(entry.indicator.context?.indicator.id ?? '')
      ? { ...entry, heldBy: 'score' as const }
      : entry,
  )
  if (first === undefined) throw new Error('no indicators')
  return { ...match, indicators: [first, ...rest] }
}

describe('the order of indicators', () => {
  const order: readonly (readonly [string, Partial<OpenCtiIndicator>])[] = [
    ['score 0, with all else in favour', { x_opencti_score: 0, confidence: 1 }],
    ['no score stated', {}],
    ['the same, but expired', { valid_until: '2026-03-09T08:00:01.000Z' }],
    ['not for detection, however high', { x_opencti_detection: false, x_opencti_score: 100 }],
    ['revoked, however high', { revoked: true, x_opencti_score: 100, confidence: 100 }],
  ]
  it('is the one of the script: revoked, detection, score, confidence, expired', () => {
    const contexts = order.map(([name, changes]) => byPattern(indicatorOf(name, changes)))
    const best = byPattern(indicatorOf('score 90', { x_opencti_score: 90 }))
    const sure = byPattern(indicatorOf('score 90, confidence 80', { x_opencti_score: 90, confidence: 80 }))
    const match = openCtiMatch([best, sure, ...contexts.toReversed()])
    expect(patternIds([match], { ...LIMITS, maxIndicatorEvents: 100 })).toEqual([
      'score 90, confidence 80',
      'score 90',
      ...order.map(([name]) => name),
    ])
  })

  it('takes times as UTC: valid until a moment after the match is not expired', () => {
    const match = openCtiMatch([
      byPattern(indicatorOf('over', { valid_until: '2026-03-09T08:00:01.000Z' })),
      byPattern(indicatorOf('valid', { valid_until: '2026-03-09T08:00:01.001Z' })),
    ])
    expect(patternIds([match])).toEqual(['valid', 'over'])
  })
})

describe('indicators whose pattern holds', () => {
  it.each<[MatchKind, string]>([
    ['exact', 'indicator_pattern_match'],
    ['composite', 'indicator_pattern_match'],
    ['cidr', 'indicator_pattern_match'],
    ['pattern', 'indicator_pattern_match'],
    ['url-prefix', 'indicator_partial_pattern_match'],
    ['url-host', 'indicator_partial_pattern_match'],
    ['parent-domain', 'indicator_partial_pattern_match'],
    ['email-domain', 'indicator_partial_pattern_match'],
  ])('%s is %s', (kind, eventType) => {
    const { patterns } = findingsOf([openCtiMatch([byPattern(indicatorOf('a'))], { kind })], LIMITS)
    expect(patterns.map((one) => one.eventType)).toEqual([eventType])
  })

  it('are told once for an alert, as the match they apply to most strongly', () => {
    const context = byPattern(indicatorOf('a'))
    const parent = openCtiMatch([context], { type: 'domain', value: 'x.example.net', kind: 'parent-domain' })
    const exact = openCtiMatch([context], { type: 'domain', value: 'example.net' })
    const { patterns } = findingsOf([parent, exact], LIMITS)
    expect(patterns.map(({ told }) => told.match.observable.value)).toEqual(['example.net'])
  })

  it('are told up to the limit, over all matches of the alert', () => {
    const matches = [70, 90, 10, 80].map((score) =>
      openCtiMatch([byPattern(indicatorOf(`s${score}`, { x_opencti_score: score }))]),
    )
    expect(patternIds(matches)).toEqual(['s90', 's80', 's70'])
    expect(patternIds(matches, { ...LIMITS, maxIndicatorEvents: 1 })).toEqual(['s90'])
  })

  it('are not told when they are held back', () => {
    const match = openCtiMatch([byPattern(indicatorOf('a')), byPattern(indicatorOf('b'))])
    expect(patternIds([held(match, 'a')])).toEqual(['b'])
  })

  // A site with `policy.revoked: flag` was told nothing of them.
  it('are told when they are only marked', () => {
    const match = openCtiMatch([byPattern(indicatorOf('a', { revoked: true }))])
    const [entry] = match.indicators
    const flagged = { ...entry, heldBy: 'revoked', flagged: true } as const
    expect(patternIds([{ ...match, indicators: [flagged] }])).toEqual(['a'])
  })
})

const object = (id: string) => ({ ...fullObservable, id })
const other = (id: string) => ({ ...related, id })

describe('observables', () => {
  it('are told with their best own indicator and the best of related objects', () => {
    const match = openCtiMatch([
      byObservable(indicatorOf('own-10', { x_opencti_score: 10 }), object('o')),
      byObservable(indicatorOf('own-50', { x_opencti_score: 50 }), object('o')),
      byRelated(indicatorOf('r1-80', { x_opencti_score: 80 }), other('r1'), object('o')),
      byRelated(indicatorOf('r1-20', { x_opencti_score: 20 }), other('r1'), object('o')),
      byRelated(indicatorOf('r2-70', { x_opencti_score: 70 }), other('r2'), object('o')),
    ])
    expect(observablesOf([match])).toEqual(['o own-50+ r1-80+'])
  })

  it('have no own indicator, or no related one', () => {
    const own = openCtiMatch([byObservable(indicatorOf('a'), object('o1'))])
    const far = openCtiMatch([byRelated(indicatorOf('b'), other('r'), object('o2'))])
    expect(observablesOf([far, own])).toEqual(['o1 a -', 'o2 - b'])
  })

  it('are told without the indicators the alert has been told of directly, beyond the limit, too', () => {
    const direct = ['d1', 'd2', 'd3', 'd4'].map((id) => byPattern(indicatorOf(id)))
    const match = openCtiMatch([
      byObservable(indicatorOf('d4'), object('only-direct')),
      byRelated(indicatorOf('d1'), other('r'), object('only-direct')),
      byObservable(indicatorOf('d1'), object('and-another')),
      byObservable(indicatorOf('x'), object('and-another')),
      ...direct,
    ])
    expect(patternIds([match])).toEqual(['d1', 'd2', 'd3'])
    expect(observablesOf([match])).toEqual(['and-another x -'])
  })

  it('are told up to the limit, those with an own indicator first', () => {
    const matches = ['o1', 'o2', 'o3', 'o4'].map((id, score) =>
      openCtiMatch([
        id === 'o4'
          ? byRelated(indicatorOf('r', { x_opencti_score: 100 }), related, object(id))
          : byObservable(indicatorOf(`i${score}`, { x_opencti_score: score }), object(id)),
      ]),
    )
    const limits = { ...LIMITS, maxObservableEvents: 4 }
    expect(observablesOf(matches, limits)).toEqual(['o3 i2 -', 'o2 i1 -', 'o1 i0 -', 'o4 - r'])
    expect(observablesOf(matches)).toHaveLength(3)
  })

  it('are not told for indicators that are held back, which still count as several', () => {
    const match = openCtiMatch([
      byObservable(indicatorOf('a', { x_opencti_score: 99 }), object('o')),
      byObservable(indicatorOf('b'), object('o')),
      byRelated(indicatorOf('c'), related, object('o')),
    ])
    expect(observablesOf([held(match, 'a', 'c')])).toEqual(['o b+ -'])
    expect(observablesOf([held(match, 'a', 'b')])).toEqual(['o - c'])
    expect(observablesOf([held(match, 'a', 'b', 'c')])).toEqual([])
  })

  it('seen twice in an alert are told once', () => {
    const context = byObservable(indicatorOf('a'), object('o'))
    expect(observablesOf([openCtiMatch([context]), openCtiMatch([context])])).toEqual(['o a -'])
  })
})
