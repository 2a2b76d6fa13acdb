import type { MatchKind, Match } from '../../core/match.ts'
import type { OpenCtiObservable, OpenCtiRelated } from '../../core/opencti.ts'
import { byKind, byRank } from './rank.ts'
import { counts, indicatorId, observableOf, relatedOf, toldIndicators, type Told } from './told.ts'

export const PATTERN_EVENTS = ['indicator_pattern_match', 'indicator_partial_pattern_match'] as const

/** An indicator whose own pattern holds for what was seen. */
export interface PatternFinding {
  readonly eventType: (typeof PATTERN_EVENTS)[number]
  readonly told: Told
}

/** An object that is related to an observable, with the best of its indicators. */
export interface RelatedFinding {
  readonly related: OpenCtiRelated
  readonly best: Told
  readonly isOneOfSeveral: boolean
}

/** An observable of OpenCTI that was seen: the best of its own indicators, the best of those of related objects, or both. */
export interface ObservableFinding {
  readonly observable: OpenCtiObservable
  readonly own?: { readonly best: Told; readonly isOneOfSeveral: boolean }
  readonly related?: RelatedFinding
  /** The own one, if there is one. */
  readonly lead: Told
}

export interface FindingLimits {
  readonly maxIndicatorEvents: number
  readonly maxObservableEvents: number
}

export interface Findings {
  readonly patterns: readonly PatternFinding[]
  readonly observables: readonly ObservableFinding[]
}

/** What is told of the true matches of one alert: each indicator once, the best first. */
export function findingsOf(matches: readonly Match[], limits: FindingLimits): Findings {
  const all = toldIndicators(matches)
  const direct = unique(
    all.filter((one) => one.context.found === 'pattern' && counts(one.entry)).toSorted(byKind),
  )
  const directIds = new Set(direct.map(indicatorId))
  const others = all.filter((one) => !directIds.has(indicatorId(one)))
  const observables = grouped(others, (one) => observableOf(one)?.id).flatMap(observableFinding)
  return {
    patterns: direct
      .toSorted(byRank)
      .slice(0, limits.maxIndicatorEvents)
      .map((told) => ({ told, eventType: patternEvent(told.entry.kind) })),
    observables: observables.toSorted(byLead).slice(0, limits.maxObservableEvents),
  }
}

/** A pattern that names only a part of what was seen, or what it belongs to, is a partial match. */
const PARTIAL: ReadonlySet<MatchKind> = new Set(['url-prefix', 'url-host', 'parent-domain', 'email-domain'])

function patternEvent(kind: MatchKind): PatternFinding['eventType'] {
  return PARTIAL.has(kind) ? 'indicator_partial_pattern_match' : 'indicator_pattern_match'
}

/** None when all of its indicators are held back. */
function observableFinding(group: readonly Told[]): readonly ObservableFinding[] {
  const own = bestOf(group.filter((one) => relatedOf(one) === undefined))
  const [related] = grouped(group, (one) => relatedOf(one)?.id)
    .flatMap(relatedFinding)
    .toSorted((one, other) => byRank(one.best, other.best))
  const lead = own?.best ?? related?.best
  const observable = lead && observableOf(lead)
  if (lead === undefined || observable === undefined) return []
  return [{ observable, lead, ...(own && { own }), ...(related && { related }) }]
}

function relatedFinding(group: readonly Told[]): readonly RelatedFinding[] {
  const best = bestOf(group)
  const related = best && relatedOf(best.best)
  return best === undefined || related === undefined ? [] : [{ related, ...best }]
}

/** The best that raises an event; the others, held back or not, are only counted. */
function bestOf(group: readonly Told[]): { best: Told; isOneOfSeveral: boolean } | undefined {
  const [best] = group.filter(({ entry }) => counts(entry)).toSorted(byRank)
  return best && { best, isOneOfSeveral: unique(group).length > 1 }
}

function byLead(one: ObservableFinding, other: ObservableFinding): number {
  return Number(one.own === undefined) - Number(other.own === undefined) || byRank(one.lead, other.lead)
}

/** The first of each indicator. */
function unique(list: readonly Told[]): readonly Told[] {
  return [...new Map(list.toReversed().map((one) => [indicatorId(one), one])).values()].toReversed()
}

/** What has no key is left out. */
function grouped(list: readonly Told[], keyOf: (one: Told) => string | undefined): readonly Told[][] {
  const groups = new Map<string, Told[]>()
  for (const one of list) {
    const key = keyOf(one)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [one])
    else group.push(one)
  }
  return [...groups.values()]
}
