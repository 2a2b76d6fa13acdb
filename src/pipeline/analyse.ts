import { createHash } from 'node:crypto'
import { urlHost } from '../canonical/url.ts'
import type { Alert, EpochMs } from '../core/alert.ts'
import { alertIdentity } from '../core/alert-identity.ts'
import type { AppError } from '../core/errors.ts'
import type { ComponentId, Indicator } from '../core/indicator.ts'
import {
  MATCH_KINDS,
  type HoldReason,
  type Match,
  type MatchedIndicator,
  type MatchKind,
  type MatchVia,
} from '../core/match.ts'
import { observableKey, type Exclusion, type Observable } from '../core/observable.ts'
import type { PatternHolds } from '../core/pattern-facts.ts'
import type { IndicatorIndex } from '../core/ports.ts'
import { withPatternsHeld, type AlertPatterns } from './patterns.ts'
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
  /** Where the answer came from, the slowest of several; absent: from the mirror alone. */
  readonly via?: MatchVia
  /** An online answer was older than its cache time. */
  readonly stale?: true
  /** When the alert was worked on first, where the answer came later. */
  readonly delayedSince?: EpochMs
  readonly unanswered?: readonly Unanswered[]
}

/** A provider that could not be asked, and why; without an error it did not answer in time. */
export interface Unanswered {
  readonly provider: ComponentId
  readonly error?: AppError
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
  readonly patterns: AlertPatterns
  readonly now: () => EpochMs
}

export type Analyse = (alert: Alert) => Analysis

const NONE: readonly never[] = []

/** Loop guard, extraction, look-up in the mirror and policy for one alert: synchronous and without side effects. */
export function createAnalyser(parts: AnalyserParts): Analyse {
  return (alert) => {
    if (parts.isOwn(alert)) return { alert, dropped: 'own_alert', judged: NONE, overflow: 0 }
    const { observables, dropped } = parts.extract(alert)
    const judging = { ...parts, holds: parts.patterns(alert, observables) }
    return {
      alert,
      judged: observables.map((observable) => judge(observable, observables, judging)),
      overflow: dropped,
    }
  }
}

interface Judging extends Pick<AnalyserParts, 'index' | 'policy' | 'now'> {
  readonly holds: PatternHolds
}

/** What the mirror knows of an observable, and the policy makes of it. `all`: the observables of its alert. */
export function judge(observable: Observable, all: readonly Observable[], parts: Judging): Judged {
  const excluded = parts.policy.exclusion(observable)
  if (excluded !== undefined) return { observable, excluded, indicators: NONE, suppressedBy: NONE }
  const found =
    observable.derived === true ? NONE : withPatternsHeld(parts.index.find(observable), parts.holds)
  const relevant =
    observable.type === 'url' && found.length > 0 ? withoutNamedHost(observable, found, all) : found
  const held = parts.policy.holdsObservable(observable)
  if (held === undefined && relevant.length === 0) return { observable, indicators: NONE, suppressedBy: NONE }
  if (held !== undefined) return heldBack(observable, relevant, held)
  return { observable, ...hold(observable, relevant, parts.policy, parts.now()) }
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
  if (!found.some(isOfHost)) return found
  return isHostNamed(url, all) ? withoutHost(found) : found
}

function withoutHost(found: readonly MatchedIndicator[]): readonly MatchedIndicator[] {
  return found.filter((each) => !isOfHost(each))
}

/** Of what was found for a URL: whether its host was. */
function isOfHost({ indicator, kind }: MatchedIndicator): boolean {
  return kind === 'url-host' || (kind === 'pattern' && indicator.type !== 'url')
}

/** Whether an alert with these observables names the host of a URL by itself. False for what is no URL. */
export function isHostNamed({ type: own, value: url }: Observable, all: readonly Observable[]): boolean {
  if (own !== 'url') return false
  const host = urlHost(url)
  return all.some(
    ({ type, value, derived }) => type === host.type && value === host.value && derived !== true,
  )
}

/** An observable with what providers answered online about it. */
export interface Answered {
  readonly judged: Judged
  readonly found: readonly MatchedIndicator[]
  readonly hostNamed: boolean
  /** For the alert it is of. */
  readonly holds: PatternHolds
}

/** What the mirror knows and what was answered together, judged anew. */
export function judgeAnswers(
  { judged, found, hostNamed, holds }: Answered,
  policy: Policy,
  now: EpochMs,
): Judged {
  const relevant = withPatternsHeld(hostNamed ? withoutHost(found) : found, holds)
  if (relevant.length === 0) return judged
  const known = new Set(judged.indicators.map(({ indicator }) => statementOf(indicator)))
  const fresh = relevant.filter(({ indicator }) => !known.has(statementOf(indicator)))
  return { ...judged, ...hold(judged.observable, [...judged.indicators, ...fresh], policy, now) }
}

/** The mirror and the provider may tell the same. */
function statementOf({ provider, ref, type, value }: Indicator): string {
  return JSON.stringify([provider, ref, type, value])
}

function hold(
  observable: Observable,
  found: readonly MatchedIndicator[],
  policy: Policy,
  now: EpochMs,
): { indicators: readonly MatchedIndicator[]; suppressedBy: readonly HoldReason[] } {
  const indicators = found.map((entry) => policy.judge(observable, entry, now))
  const reasons = new Set<HoldReason>()
  let counts = 0
  for (const { heldBy } of indicators) {
    if (heldBy === undefined || policy.flags(heldBy)) counts += 1
    else reasons.add(heldBy)
  }
  return { indicators, suppressedBy: counts > 0 ? NONE : [...reasons] }
}

/**
 * The match to report for a judged observable; undefined when there is none, or when it is held back and the policy
 * does not report held ones. Held indicators are left out unless they are reported.
 */
export function toMatch(
  analysis: Pick<Analysis, 'alert'>,
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
    via: judged.via ?? 'mirror',
    ...(judged.stale === undefined ? {} : { stale: judged.stale }),
    ...(judged.delayedSince === undefined ? {} : { delayedSince: judged.delayedSince }),
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
    alertIdentity(alert),
    alert.timestamp,
    observableKey(observable),
    ...providers,
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}
