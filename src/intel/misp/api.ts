import type { ChangeSet } from '../../core/ports.ts'

/**
 * What Tripline uses of MISP's REST interface (2.4.142 to 2.5.x). Every call rejects with an AppError whose code tells what
 * to do: PROVIDER_UNREACHABLE (network, time-out, maintenance), PROVIDER_OVERLOADED (answers 5xx or too long),
 * PROVIDER_THROTTLED (429, with `retryAfterMs`), PROVIDER_REFUSED (key, role, rights), PROVIDER_UNTRUSTED (TLS),
 * PROVIDER_UNSUPPORTED (no MISP at this address, or too old), PROVIDER_MALFORMED (an answer that is none). The message is a
 * plain sentence without secrets, the hint says what to do. After abort it rejects with the signal's reason.
 */
export interface MispClient {
  /** POST /attributes/restSearch. Throws INTERNAL on a query without `value` and without `eventid`: it would return everything. */
  searchAttributes(query: AttributeQuery, signal: AbortSignal): Promise<AttributePage>
  /** POST /events/index with `minimal`: every event this user can see, or those published since. */
  eventIndex(query: EventIndexQuery, signal: AbortSignal): Promise<EventIndex>
  /** GET /servers/getVersion. */
  version(signal: AbortSignal): Promise<MispVersion>
  /** GET /users/view/me. */
  me(signal: AbortSignal): Promise<MispUser>
  /**
   * GET /users/heartbeat: sent without the key, costs the server next to nothing. Resolves when the server is alive, which it
   * is in maintenance too.
   */
  heartbeat(signal: AbortSignal): Promise<void>
  /** POST /warninglists/index: the enabled ones. */
  warningLists(signal: AbortSignal): Promise<readonly MispWarningListHead[]>
  /** GET /warninglists/export/<id> or view/<id>: the list in the shape of misp-warninglists' `list.json`, not parsed yet. */
  warningList(id: string, signal: AbortSignal): Promise<unknown>
  /** POST /sightings/bulkSaveSightings/<event>: known UUIDs are skipped by the server, so that it may be repeated. */
  saveSightings(
    event: string,
    sightings: readonly MispSighting[],
    signal: AbortSignal,
  ): Promise<SightingAnswer>
  /** POST /sightings/add by values with `filters`: at most 50 values. Not idempotent. */
  addSightings(request: AddSightings, signal: AbortSignal): Promise<SightingAnswer>
  /** What is left of the searches of the role, after the last one; undefined when it has no limit. Asks nothing. */
  limit?(): MispLimit | undefined
  close(): Promise<void>
}

export interface MispLimit {
  /** Searches until the reset. */
  readonly remaining: number
  readonly resetMs: number
}

export interface AttributeQuery {
  /** Sent as `{"value": {"OR": […]}}`: non-empty strings, `%` at an end already escaped. Never empty. */
  readonly values?: readonly string[]
  /** Event ids or UUIDs. Never empty. */
  readonly events?: readonly string[]
  readonly toIds?: true
  readonly published?: true
  /** `[0, 1]`: soft-deleted rows too, marked. */
  readonly withDeleted?: true
  readonly limit: number
  /** From 1. */
  readonly page?: number
}

export interface AttributePage {
  readonly rows: readonly MispRow[]
  /** Rows of the answer that could not be understood. */
  readonly malformed: number
  /** `X-Skipped-Elements-Count`, 0 when it is not sent. */
  readonly skipped: number
  /**
   * Whether there may be rows on the next page: `rows + malformed + skipped` is not below the limit, or the server caps
   * pages below the limit asked for (`restsearch_limit_result`, newer 2.5). An empty page is always the last.
   */
  readonly more: boolean
}

/** One attribute as MISP returns it with `includeContext` and `includeEventTags`. */
export interface MispRow {
  readonly id: string
  readonly uuid: string
  readonly type: string
  readonly category?: string
  /** The whole value, `a|b` for composite types. */
  readonly value: string
  readonly toIds?: boolean
  readonly deleted: boolean
  readonly comment?: string
  readonly firstSeen?: number
  readonly lastSeen?: number
  /** Own and inherited, each once. */
  readonly tags: readonly string[]
  readonly event: MispEventContext
}

export interface MispEventContext {
  readonly id?: string
  readonly uuid?: string
  readonly info?: string
  readonly date?: string
  /** `1` to `4`. */
  readonly threatLevelId?: string
  readonly organisation?: string
  readonly published?: boolean
  readonly tags: readonly string[]
}

export interface EventIndexQuery {
  /** Published at or after, Unix seconds. */
  readonly publishedSince?: number
}

export interface EventIndex {
  readonly events: readonly MispEventHead[]
  /** The server's clock, from its `Date` header, milliseconds; undefined when it sent none. */
  readonly serverTime?: number
}

export interface MispEventHead {
  readonly id: string
  readonly uuid: string
  /** Unix seconds of the last change. */
  readonly timestamp: number
  readonly published: boolean
}

export interface MispVersion {
  /** `2.5.1`. */
  readonly version: string
  readonly maySight: boolean
  /** Whether `/sightings/add` knows `filters`. */
  readonly sightingFilters: boolean
}

export interface MispUser {
  readonly email?: string
  readonly organisation?: string
  readonly role?: string
  /** Roles and keys that may only read. */
  readonly maySight?: boolean
  readonly maySync?: boolean
  /** Searches in 15 minutes; undefined when the role has no limit, 0 when it may not search at all. */
  readonly rateLimit?: number
  /** Rows a search of this role gives at most; undefined when there is no cap. */
  readonly resultLimit?: number
  /** When the key stops to work, milliseconds; undefined when it does not. */
  readonly keyExpires?: number
  /** The server's clock minus ours, milliseconds; undefined when it sent no `Date`. */
  readonly clockSkew?: number
}

export interface MispWarningListHead {
  readonly id: string
  readonly name: string
  readonly version: string
  readonly entries: number
  /** Whether it came with MISP; false: people made it on their instance. Undefined when MISP does not say. */
  readonly default?: boolean
  /** `false_positive` or `known`; undefined when MISP does not say. */
  readonly category?: string
}

export interface MispSighting {
  readonly uuid: string
  readonly attributeUuid: string
  /** Unix seconds. */
  readonly seenAt: number
  readonly source: string
}

export interface AddSightings {
  readonly values: readonly string[]
  readonly seenAt: number
  readonly source: string
}

/** `refused`: 200 with a message. The normal reason is that no attribute has the value any more. */
export type SightingAnswer =
  { readonly kind: 'saved'; readonly count?: number } | { readonly kind: 'refused'; readonly message: string }

/** The local copy of a MISP. */
export interface MispMirror {
  changes(signal: AbortSignal): AsyncIterable<ChangeSet>
  /**
   * `empty`: nothing yet. `partial`: loaded in part, or cut at the most indicators allowed. `stale`: not brought up to date for
   * too long.
   */
  state(): 'empty' | 'partial' | 'fresh' | 'stale'
  close(): Promise<void>
}
