import { createHash } from 'node:crypto'
import { urlHost } from '../canonical/url.ts'
import type { Alert, EpochMs } from '../core/alert.ts'
import {
  MATCH_KINDS,
  type HoldReason,
  type Match,
  type MatchedIndicator,
  type MatchKind,
} from '../core/match.ts'
import { observableKey, type Exclusion, type Observable } from '../core/observable.ts'
import type { IndicatorIndex } from '../core/ports.ts'
import type { Policy } from './policy.ts'

/** An observable of one alert after the policy and the mirror have been asked. */
export interface Judged {
  readonly observable: Observable
  /** Why it was not looked up. */
  readonly excluded?: Exclusion
  /** Everything the mirror knows, held indicators marked; empty when it knows nothing. */
  readonly indicators: readonly MatchedIndicator[]
  /** Why the match is held back as a whole; empty when at least one indicator counts. */
  readonly suppressedBy: readonly HoldReason[]
}

/** What became of one alert. */
export interface Analysis {
  readonly alert: Alert
  /** Set when the alert did no work: it was caused by a threat-intelligence integration. */
  readonly dropped?: 'own_alert'
  readonly judged: readonly Judged[]
  /** Observables beyond the limit of one alert. */
  readonly overflow: number
}

export interface AnalyserParts {
  readonly isOwn: (alert: Alert) => boolean
  readonly extract: (alert: Alert) => {
    readonly observables: readonly Observable[]
    readonly dropped: number
  }
  readonly index: IndicatorIndex
  readonly policy: Policy
  readonly now: () => EpochMs
}

export type Analyse = (alert: Alert) => Analysis

const NONE: readonly never[] = []

/** Loop guard, extraction, look-up in the mirror and policy for one alert: synchronous and without side effects. */
export function createAnalyser(parts: AnalyserParts): Analyse {
  return (alert) => {
    if (parts.isOwn(alert)) return { alert, dropped: 'own_alert', judged: NONE, overflow: 0 }
    const { observables, dropped } = parts.extract(alert)
    return {
      alert,
      judged: observables.map((observable) => judge(observable, observables, parts)),
      overflow: dropped,
    }
  }
}

function judge(observable: Observable, all: readonly Observable[], parts: AnalyserParts): Judged {
  const excluded = parts.policy.exclusion(observable)
  if (excluded !== undefined) return { observable, excluded, indicators: NONE, suppressedBy: NONE }
  const found = observable.derived === true ? NONE : parts.index.find(observable)
  const relevant =
    observable.type === 'url' && found.length > 0 ? withoutNamedHost(observable, found, all) : found
  const held = parts.policy.holdsObservable(observable)
  if (held === undefined && relevant.length === 0) return { observable, indicators: NONE, suppressedBy: NONE }
  if (held !== undefined) return heldBack(observable, relevant, held)
  return { observable, ...hold(relevant, parts.policy, parts.now()) }
}

/** Shown as excluded, whether the mirror knows it or not. */
function heldBack(
  observable: Observable,
  indicators: readonly MatchedIndicator[],
  held: 'allow-list' | 'empty-file',
): Judged {
  return { observable, excluded: held, indicators, suppressedBy: indicators.length === 0 ? NONE : [held] }
}

/**
 * A host that the alert names by itself is matched by itself: its indicators are not told a second time for the URL.
 */
function withoutNamedHost(
  url: Observable,
  found: readonly MatchedIndicator[],
  all: readonly Observable[],
): readonly MatchedIndicator[] {
  if (!found.some(({ kind }) => kind === 'url-host')) return found
  const host = urlHost(url.value)
  const named = all.some(
    ({ type, value, derived }) => type === host.type && value === host.value && derived !== true,
  )
  return named ? found.filter(({ kind }) => kind !== 'url-host') : found
}

function hold(
  found: readonly MatchedIndicator[],
  policy: Policy,
  now: EpochMs,
): { indicators: readonly MatchedIndicator[]; suppressedBy: readonly HoldReason[] } {
  const reasons = new Set<HoldReason>()
  let counts = 0
  const indicators = found.map((entry) => {
    const heldBy = policy.holdsIndicator(entry.indicator, now)
    if (heldBy === undefined) {
      counts += 1
      return entry
    }
    if (policy.flags(heldBy)) counts += 1
    else reasons.add(heldBy)
    return { ...entry, heldBy }
  })
  return { indicators, suppressedBy: counts > 0 ? NONE : [...reasons] }
}

/**
 * The match to report for a judged observable; undefined when there is none, or when it is held back and the policy
 * does not report held ones. Held indicators are left out unless they are reported.
 */
export function toMatch(
  analysis: Analysis,
  judged: Judged,
  policy: Policy,
  matchedAt: EpochMs,
): Match | undefined {
  if (judged.indicators.length === 0 || (judged.suppressedBy.length > 0 && !policy.reportHeld))
    return undefined
  const shown = judged.indicators.filter(
    ({ heldBy }) => heldBy === undefined || policy.reportHeld || policy.flags(heldBy),
  )
  const [first, ...rest] = shown
  if (first === undefined) return undefined
  return {
    id: matchId(analysis.alert, judged),
    alert: analysis.alert,
    observable: judged.observable,
    kind: strongest(shown),
    via: 'mirror',
    indicators: [first, ...rest],
    matchedAt,
    repeats: 0,
    suppressedBy: judged.suppressedBy,
  }
}

function strongest(found: readonly MatchedIndicator[]): MatchKind {
  return MATCH_KINDS.find((kind) => found.some((entry) => entry.kind === kind)) ?? 'exact'
}

/** 128 bits over what makes a match the same one: manager, node, alert, observable, providers. */
function matchId(alert: Alert, { observable, indicators }: Judged): string {
  const providers = [...new Set(indicators.map(({ indicator }) => indicator.provider))].toSorted()
  const parts = [
    alert.manager,
    alert.node,
    alert.id,
    alert.timestamp,
    observableKey(observable),
    ...providers,
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}
