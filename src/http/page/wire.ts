/** What the daemon and the page say to each other, as JSON. Types only: the page is compiled by itself. Times are epoch milliseconds. */

export type State = 'ok' | 'starting' | 'degraded' | 'failed'

/** One look at the daemon; the charts show a row of them. */
export interface Point {
  readonly at: number
  /** Alerts worked on since the point before, as a rate. */
  readonly alertsPerMinute: number
  readonly matchesPerMinute: number
  readonly lagBytes: number
  readonly lagSeconds: number
}

export interface ComponentRow {
  readonly component: string
  readonly state: State
  readonly reason?: string
  readonly since: number
}

export interface SourceRow {
  readonly id: string
  readonly alerts: number
  readonly position: number | null
  readonly lagBytes: number | null
  readonly lagSeconds: number | null
}

export interface ProviderRow {
  readonly id: string
  readonly type: string
  readonly state: State
  readonly indicators: number
  readonly mirrorAgeSeconds: number | null
  /** Null where it is never asked online. */
  readonly breaker: 'closed' | 'open' | null
  readonly requests: number
  readonly failures: number
  /** Seconds. */
  readonly median: number | null
  readonly p95: number | null
  /** Alerts that wait for its answers. */
  readonly pending: number
  /** False where its certificate is not verified. */
  readonly tlsVerified: boolean
}

export interface Counted {
  readonly name: string
  readonly count: number
}

export interface Totals {
  readonly processed: number
  readonly duplicates: number
  readonly observables: number
  readonly matches: number
  readonly suppressed: number
  readonly lookups: number
  readonly cacheHits: number
  readonly errors: number
}

/** How things stand. */
export interface Snapshot {
  readonly at: number
  readonly startedAt: number
  readonly version: string
  readonly state: State
  readonly totals: Totals
  readonly components: readonly ComponentRow[]
  readonly sources: readonly SourceRow[]
  readonly providers: readonly ProviderRow[]
  readonly suppressed: readonly Counted[]
  readonly topIndicators: readonly Counted[]
  readonly topAgents: readonly Counted[]
  /** Matches that were too many at once to be shown. */
  readonly omitted: number
  readonly memoryBytes: number
}

/** A match as the list shows it; the whole record is at `api/matches/<key>`. */
export interface MatchRow {
  /** Its place in the order of this process: the id of a match may come twice. */
  readonly key: number
  readonly id: string
  readonly at: number
  readonly type: string
  readonly value: string
  readonly kind: string
  readonly via: string
  readonly providers: readonly string[]
  readonly agent: string
  readonly ruleId: string
  readonly level: number
  readonly description: string
}

/** What comes at first, as the event `hello`. */
export interface Hello {
  readonly points: readonly Point[]
  readonly snapshot: Snapshot
  /** The newest last. */
  readonly matches: readonly MatchRow[]
}

/** The event `point`, every few seconds. */
export interface Tick {
  readonly point: Point
  readonly snapshot: Snapshot
}

export interface LookUpQuestion {
  readonly value: string
}

export type ProviderVerdict = 'hit' | 'held' | 'miss' | 'unanswered' | 'not-asked'

export interface IndicatorRow {
  readonly value: string
  readonly kind: string
  readonly source: string
  readonly title: string
  readonly tags: readonly string[]
  readonly heldBy?: string
  readonly link?: string
}

export interface ProviderAnswer {
  readonly provider: string
  readonly verdict: ProviderVerdict
  /** Why it could not be asked, or what was found does not count. */
  readonly reason?: string
  readonly indicators: readonly IndicatorRow[]
}

/** One reading of the value: `1.2.3.4:80` is an address only, a text may be several things. */
export interface LookUpAnswer {
  readonly type: string
  readonly value: string
  /** Why it is never looked up. */
  readonly excluded?: string
  readonly providers: readonly ProviderAnswer[]
}
