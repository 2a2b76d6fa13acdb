import type { EpochMs } from '../../core/alert.ts'
import type { AskOpenCti } from './client/ask.ts'
import type { IndicatorNode, ObservableNode } from './client/schema.ts'
import type { OpenCtiVersion } from './client/version.ts'

/**
 * What Tripline uses of OpenCTI's GraphQL (5.12.24 to 7.260817). Every call rejects with an AppError whose code tells what to
 * do: PROVIDER_UNREACHABLE (network, time-out), PROVIDER_OVERLOADED (search engine, locks, too long an answer),
 * PROVIDER_THROTTLED (429, with `retryAfterMs`), PROVIDER_REFUSED (token, rights), PROVIDER_UNTRUSTED (TLS),
 * PROVIDER_UNSUPPORTED (no OpenCTI there, too old, or one that does not take the document), PROVIDER_MALFORMED. The message is
 * a plain sentence without secrets, the hint says what to do. After abort it rejects with the signal's reason.
 */
export interface OpenCtiClient {
  about(signal: AbortSignal): Promise<OpenCtiServer>
  /** Rejects with PROVIDER_UNSUPPORTED when the server is too old. Asked once an hour. */
  requireVersion(signal: AbortSignal): Promise<void>
  streams(signal: AbortSignal): Promise<readonly OpenCtiStream[]>
  /** Whether something with these values is known: ids and values only. */
  lookUp(query: LookupQuery, signal: AbortSignal): Promise<LookupFound>
  /** All about what was found. */
  details(query: DetailsQuery, signal: AbortSignal): Promise<LookupFound>
  /** One page of indicators. */
  indicators(query: IndicatorsQuery, signal: AbortSignal): Promise<IndicatorPage>
  /** Adds to one that is there already when its times lie within 30 days: the answer says what the server holds then. */
  addSighting(sighting: NewSighting, signal: AbortSignal): Promise<OpenCtiSighting>
  /** All of one object at one place. */
  sightings(ends: SightingEnds, signal: AbortSignal): Promise<readonly OpenCtiSighting[]>
  /** Sets what it says; sending it again changes nothing. False when the sighting is gone. */
  patchSighting(change: SightingChange, signal: AbortSignal): Promise<boolean>
  /** The internal id of the security platform (6.7 and later) with this name, which is made when there is none. */
  addSecurityPlatform(name: string, signal: AbortSignal): Promise<string>
  /** The same of a system. */
  addSystem(name: string, signal: AbortSignal): Promise<string>
  readonly ask: AskOpenCti
  close(): Promise<void>
}

export interface OpenCtiServer {
  /** As the server writes it. */
  readonly version: string
  /** Undefined when it cannot be read: newer schemes are not refused. */
  readonly parsed: OpenCtiVersion | undefined
  readonly user?: string
  /** `KNOWLEDGE`, `TAXIIAPI` …; empty when they were not told. */
  readonly capabilities: readonly string[]
}

export interface OpenCtiStream {
  readonly id: string
  readonly name?: string
  readonly live?: boolean
}

export interface LookupQuery {
  /** Values of observables by filter key: `value`, `hashes.MD5` … */
  readonly observables: ReadonlyMap<string, readonly string[]>
  /** Exact patterns, and names that feeds give to indicators. */
  readonly patterns: readonly string[]
  readonly names: readonly string[]
  /** STIX ids of what is too long to be compared. */
  readonly ids: readonly string[]
}

export interface DetailsQuery {
  /** Internal ids; of both together at most 60. */
  readonly observables: readonly string[]
  readonly indicators: readonly string[]
  readonly related: boolean
}

export interface LookupFound {
  readonly observables: readonly ObservableNode[]
  readonly indicators: readonly IndicatorNode[]
  /** Nodes that could not be understood. */
  readonly malformed: number
}

export interface IndicatorsQuery {
  readonly first: number
  readonly after?: string
  /** Only those changed later, oldest change first: ISO 8601. All that are not revoked, by STIX id, when absent. */
  readonly updatedAfter?: string
  /** The one that was changed last. */
  readonly newest?: true
  /** Also those that are revoked. */
  readonly revoked?: boolean
}

export interface IndicatorPage {
  readonly indicators: readonly IndicatorNode[]
  readonly malformed: number
  /** Undefined on the last page. */
  readonly next?: string
  /** Of all pages. */
  readonly total?: number
}

/** How often something was seen, and between when. */
export interface SightingPeriod {
  readonly first: EpochMs
  readonly last: EpochMs
  readonly count: number
}

export interface OpenCtiSighting extends SightingPeriod {
  /** Internal id. */
  readonly id: string
}

export interface SightingEnds {
  /** What was seen: STIX id or internal id. */
  readonly from: string
  /** Who has seen it. */
  readonly to: string
}

export interface NewSighting extends SightingEnds {
  readonly period: SightingPeriod
  /** 0–100; the server decides when absent. */
  readonly confidence?: number
}

export interface SightingChange {
  readonly id: string
  /** Left as it is when absent. */
  readonly first?: EpochMs
  readonly last: EpochMs
  readonly count: number
}
