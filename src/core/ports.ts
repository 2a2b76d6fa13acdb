import type { Alert, EpochMs } from './alert.ts'
import type { ErrorCode } from './errors.ts'
import type { ComponentId, Indicator } from './indicator.ts'
import type { LineBlock } from './line-block.ts'
import type { Match, MatchedIndicator, ParsedAlert, ParsedLine } from './match.ts'
import type { Observable, ObservableKey, ObservableType } from './observable.ts'
import type { Verdict } from './verdict.ts'

/** Alerts acknowledged together: what one read gave. */
export interface Batch {
  readonly alerts: readonly Alert[]
  /** Lines that are not decoded yet, in place of `alerts`, which is empty then: only where the pipeline takes them. */
  readonly block?: LineBlock
  /** Call once, when nothing of this batch can be lost any more. Batches may be acknowledged in any order. */
  ack(): void
}

/**
 * Where alerts come from. Pulled: the next batch is read only when the pipeline asks, which is the
 * back-pressure. `read` is called once. After abort it ends the iteration within one poll interval and yields
 * nothing more. It never throws for bad input, only when the source can never work. `close` writes the last
 * checkpoint and is called after every `ack` there will be.
 */
export interface Source {
  readonly id: ComponentId
  read(signal: AbortSignal): AsyncIterable<Batch>
  close(): Promise<void>
}

/** What the pipeline found in one batch, for the sinks. */
export interface Delivery {
  readonly parsed: readonly (ParsedAlert | ParsedLine)[]
  readonly matches: readonly Match[]
}

/**
 * Where findings go. `write` is called by one caller at a time, in order; it resolves when the delivery is
 * durable in the sink's own terms and takes what concerns it (matches, parsed alerts or both). It rejects with an
 * AppError: a transient one makes the pipeline call again with the same delivery, so a rejected write must leave
 * no half record behind. After abort it may reject at once.
 */
export interface Sink {
  readonly id: ComponentId
  /** The part of a delivery that concerns it; both when absent. It is not called where that part is empty. */
  readonly takes?: 'matches' | 'parsed'
  write(delivery: Delivery, signal: AbortSignal): Promise<void>
  /**
   * Tells the sink's readers of a provider's trouble; absent where that does not belong. Never rejects: false when it was to be
   * told and could not be taken, true when it was taken as a `write` takes, or needs no telling.
   */
  notice?(notice: Notice): Promise<boolean>
  /**
   * Resolves when everything taken so far has reached the readers, or at abort: whether it has. Absent where what was taken is
   * theirs. For a process that keeps nothing: whoever stays need not wait.
   */
  flushed?(signal: AbortSignal): Promise<boolean>
  /** An event of Tripline's own came back as an alert; `id` is that of the event. Absent where nobody waits for that. */
  seen?(id: string): void
  close(): Promise<void>
}

/**
 * Answers for every observable given, by `observableKey`; what could not be asked is `unanswered`, so it never rejects,
 * not even after abort. Called many times at once.
 */
export type Lookup = (
  observables: readonly Observable[],
  signal: AbortSignal,
) => Promise<ReadonlyMap<ObservableKey, Verdict>>

/** Something around a look-up: cache, batch, breaker … each in its own file of `intel/lookup`. */
export type LookupLayer = (next: Lookup) => Lookup

/** What is told to the provider an indicator came from: it was seen. */
export interface Sighting {
  /** `Indicator.ref`: the UUID of a MISP attribute, the STIX id of an indicator of OpenCTI. */
  readonly ref: string
  /** `Indicator.event`. */
  readonly event?: string
  /** `Indicator.value`: for servers that take sightings by value only. */
  readonly value: string
  readonly agent: { readonly id: string; readonly name: string }
  /** `manager.name` of the alert. */
  readonly manager: string
  readonly seenAt: EpochMs
  /** `Alert.digest` as text: what one alert shows is counted once, also when it is delivered twice. */
  readonly alert: string
  /** 1, and the repeats that were held back since the match was reported last. */
  readonly times: number
}

/** Indicators in the form the mirror keeps them in (`intel/mirror/block-codec.ts`), with what it finds each by. At most 256. */
export interface IndicatorBlock {
  readonly types: readonly ObservableType[]
  readonly values: readonly string[]
  readonly bytes: Buffer
}

/**
 * One step of a mirror's content, applied as a whole or not at all. A unit is what a provider replaces at once:
 * a feed file, a MISP event. `load` gives the unit's indicators by and by, may take long, and may throw: then
 * the unit's old content stays. 'ready' says that the provider has given all it had at start.
 */
export type ChangeSet =
  | {
      readonly kind: 'replace'
      readonly unit: string
      load(signal: AbortSignal): AsyncIterable<readonly Indicator[] | IndicatorBlock>
    }
  | { readonly kind: 'remove'; readonly unit: string }
  | { readonly kind: 'ready' }

/** A threat-intelligence platform or feed. `changes` fills the mirror and then follows; it ends on abort. */
export interface IntelProvider {
  readonly id: ComponentId
  readonly types: ReadonlySet<ObservableType>
  /** Asks the provider over the network, through its cache. */
  readonly lookup?: Lookup
  /**
   * Whether an observable is to be asked online now. `known`: the mirror has indicators of this provider for it. Synchronous,
   * called for each observable. Absent: all of them, when there is a `lookup`.
   */
  asks?(observable: Observable, known: boolean): boolean
  /** Resolves when it makes sense to ask, again after it failed; at abort, too. Absent: it always does. */
  answering?(signal: AbortSignal): Promise<void>
  changes?(signal: AbortSignal): AsyncIterable<ChangeSet>
  /**
   * Takes sightings into its durable queue and resolves then; sends them later, batched, each once. Absent: it takes none,
   * or the settings ask for none.
   */
  report?(sightings: readonly Sighting[]): Promise<void>
  close(): Promise<void>
}

/** The platforms that Wazuh's rules and dashboards know by the events of older integrations. */
export type Platform = 'misp' | 'opencti'

/** A trouble with a provider that people who watch Wazuh should know of: it began, or it is over. */
export interface Notice {
  readonly provider: ComponentId
  /** Whose events tell of it; that of the sink when absent. */
  readonly platform?: Platform
  readonly kind: 'failing' | 'recovered'
  readonly code: ErrorCode
  /** One plain sentence, without secrets. */
  readonly message: string
  readonly at: EpochMs
}

/**
 * The indicators held in memory, as the pipeline sees them. `find` is synchronous, called for each observable of each
 * alert, and gives every indicator that applies after the matching rules (`docs/matching.md`), validity not judged.
 * An observable of special use is never passed. A lost body is counted, never thrown.
 */
export interface IndicatorIndex {
  readonly size: number
  find(observable: Observable): readonly MatchedIndicator[]
}

/** Small durable state. One contract suite runs against every implementation. Times are milliseconds. */
export interface Store {
  /** Undefined when absent or expired. */
  get(key: string): Promise<Uint8Array | undefined>
  set(key: string, value: Uint8Array, ttlMs: number): Promise<void>
  /** Atomic: true for exactly one caller until the claim is deleted or `ttlMs` have passed. */
  claim(key: string, ttlMs: number): Promise<boolean>
  delete(key: string): Promise<void>
  /** Live keys with this prefix, in key order, with their values. */
  scan(prefix: string): AsyncIterable<readonly [string, Uint8Array]>
  /** How many live keys have this prefix; not exact while others write. */
  count(prefix: string): Promise<number>
  /** The nodes that share it; absent where it is one node's alone. */
  readonly peers?: Peers
  close(): Promise<void>
}

/** The limits that all nodes together keep to. Times in whole milliseconds. */
export interface SharedLimits {
  /** Least time between two starts. */
  readonly spacingMs: number
  /** Most starts in one window. */
  readonly burst: number
  readonly windowMs: number
  /** No start is given out further ahead. */
  readonly maxWaitMs: number
}

/** A start in `waitMs`; not granted, it would have come then, and nothing was taken. */
export interface Turn {
  readonly granted: boolean
  readonly waitMs: number
  /** What lay in the store could not be understood, and was begun anew. */
  readonly damaged?: true
}

/**
 * What the nodes that share a store tell each other. It holds up nothing: nothing rejects, and undefined is the answer where the
 * store has none within a quarter of a second.
 */
export interface Peers {
  /** Takes the next start that all nodes have in this bucket, if it comes within `leftMs`. */
  take(bucket: string, limits: SharedLimits, leftMs: number): Promise<Turn | undefined>
  /** What a node left, until its time is over. Written by others: anything may be in it. */
  hint(key: string): Promise<Uint8Array | undefined>
  leaveHint(key: string, value: Uint8Array, ttlMs: number): Promise<void>
  clearHint(key: string): Promise<void>
}
