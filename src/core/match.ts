import type { Alert, EpochMs } from './alert.ts'
import type { Indicator } from './indicator.ts'
import type { Observable } from './observable.ts'

/** How an observable matched, strongest first: the order decides `Match.kind` when several apply. */
export const MATCH_KINDS = [
  'exact',
  'composite',
  'url-prefix',
  'url-host',
  'parent-domain',
  'cidr',
  'email-domain',
  'pattern',
  'related',
] as const
export type MatchKind = (typeof MATCH_KINDS)[number]

/** Why a match, or one of its indicators, is held back. */
export const HOLD_REASONS = [
  'allow-list',
  'empty-file',
  'expired',
  'not-yet-valid',
  'revoked',
  'no-detection',
  'main-type',
  'score',
  'confidence',
  'tag',
  'tlp',
  'false-positive-risk',
  'warning-list',
] as const
export type HoldReason = (typeof HOLD_REASONS)[number]

/** An indicator that applies to an observable, and how. */
export interface MatchedIndicator {
  readonly indicator: Indicator
  readonly kind: MatchKind
  /** Held indicators are reported only when the policy says so; absent when the indicator counts in full. */
  readonly heldBy?: HoldReason
  /** With `heldBy`: the policy reports it all the same, marked, as `policy.expired: flag` says. */
  readonly flagged?: true
  /** Names of the warning-lists its value stands on; those that suppress and those that annotate. Never empty. */
  readonly warnings?: readonly string[]
  /** Those of `warnings` for which it is held back. Present where `heldBy` is `warning-list`. */
  readonly heldByLists?: readonly string[]
}

/** Where the answer came from. */
export type MatchVia = 'mirror' | 'cache' | 'online'

export interface Match {
  /** Deterministic over manager, node, alert, observable and providers: recognises a duplicate downstream. */
  readonly id: string
  readonly alert: Alert
  readonly observable: Observable
  readonly kind: MatchKind
  readonly via: MatchVia
  readonly indicators: readonly [MatchedIndicator, ...MatchedIndicator[]]
  readonly matchedAt: EpochMs
  /** True when the answer was older than its cache time, because the provider could not be asked. */
  readonly stale?: true
  /** When the alert was worked on first, of a match whose answer came later: the provider could not be asked then. */
  readonly delayedSince?: EpochMs
  /** How many equal matches were suppressed since the last one reported. */
  readonly repeats: number
  /** Empty for a true match. Not empty only where the policy reports held matches: why each was held. */
  readonly suppressedBy: readonly HoldReason[]
}

/** What was found in one alert, matched or not. */
export interface ParsedAlert {
  readonly alert: Alert
  readonly observables: readonly Observable[]
}

/** The same as the line that is written of it, where nobody needs more. */
export interface ParsedLine {
  readonly line: string
}
