/** A tag by name, or with the fields a test cares about. */
export type FakeTagInput =
  | string
  | {
      readonly name: string
      readonly colour?: string
      readonly local?: boolean
      readonly id?: number
      readonly numericalValue?: string | null
    }

export interface FakeAttributeInput {
  readonly type: string
  /** As somebody would type it: the fake normalises it as MISP does on entry. */
  readonly value: string
  /** Default true. */
  readonly to_ids?: boolean
  readonly category?: string
  readonly comment?: string
  readonly tags?: readonly FakeTagInput[]
  readonly id?: number
  readonly uuid?: string
  /** ISO 8601. */
  readonly first_seen?: string | null
  readonly last_seen?: string | null
  /** Unix seconds; the event's when absent. */
  readonly timestamp?: number
  readonly deleted?: boolean
  readonly distribution?: number
  readonly disableCorrelation?: boolean
  readonly objectId?: number
  readonly objectRelation?: string | null
  readonly objectDistribution?: number
}

/** Rows made when they are read: a million of them cost only their index. `at` must give the same row each time. */
export interface LazyAttributes {
  readonly count: number
  at(index: number): FakeAttributeInput
}

export interface FakeEventInput {
  readonly info?: string
  /** `2026-03-09`. */
  readonly date?: string
  readonly threatLevelId?: number
  /** Name of the creating organisation; made when it is new. Default `ORGNAME`, the user's own. */
  readonly orgc?: string
  /** Default true. */
  readonly published?: boolean
  readonly tags?: readonly FakeTagInput[]
  readonly id?: number
  readonly uuid?: string
  /** Unix seconds. */
  readonly publishTimestamp?: number
  readonly timestamp?: number
  /** 0 own organisation, 1 community, 3 all, 4 a sharing group of which only the own organisation is a member. Default 3. */
  readonly distribution?: number
  readonly analysis?: number
  readonly attributes: readonly FakeAttributeInput[] | LazyAttributes
}

export interface AddedAttribute {
  readonly id: string
  readonly uuid: string
}

export interface AddedEvent {
  readonly id: string
  readonly uuid: string
  /** Empty for lazy rows. */
  readonly attributes: readonly AddedAttribute[]
}

export type WarningListType = 'string' | 'substring' | 'hostname' | 'cidr' | 'regex'

export interface FakeWarningListInput {
  readonly name: string
  readonly type: WarningListType
  readonly category?: 'false_positive' | 'known'
  readonly entries: readonly string[]
  /** MISP attribute types; absent means all. */
  readonly matching_attributes?: readonly string[]
  /** Default true. */
  readonly enabled?: boolean
  /** False for a list made on the instance; default true. */
  readonly default?: boolean
  readonly id?: number
  readonly version?: number
  readonly description?: string
}

export interface StoredSighting {
  readonly id: number
  readonly uuid: string
  readonly attributeId: number
  readonly attributeUuid: string
  readonly eventId: number
  readonly orgId: number
  /** Unix seconds, as the client gave them. */
  readonly date: number
  readonly source: string
  readonly type: '0' | '1' | '2'
}

export interface RecordedRequest {
  readonly method: string
  readonly path: string
  /** The bare content of `Authorization`. */
  readonly key?: string
  readonly body: string
  /** `Date.now()` at arrival. */
  readonly at: number
  /** Absent while the request is not answered, or never will be. */
  status?: number
}

/** People and keys of the recorded server, and their rights. */
export const KEY_NAMES = [
  'admin',
  'user',
  'ro',
  'sync',
  'rokey',
  'expired',
  'expiring',
  'limited',
  'nosearch',
  'noapi',
  'disabled',
  'ipkey',
  'user2',
  'ro2',
  'pub2',
  'mustchange',
] as const
export type KeyName = (typeof KEY_NAMES)[number]
