import type { FakeAttributeInput, FakeEventInput, LazyAttributes } from '../types.ts'
import { normaliseValue } from './normalise.ts'
import type { Tag, Tags } from './tables.ts'
import { defaultCategory, uuidOf } from './tables.ts'

export interface StoredEvent {
  readonly id: number
  readonly uuid: string
  readonly orgId: number
  readonly orgcId: number
  readonly sharingGroupId: number
  info: string
  date: string
  threatLevelId: number
  analysis: number
  distribution: number
  published: boolean
  timestamp: number
  publishTimestamp: number
  sightingTimestamp: number
  tags: readonly Tag[]
  /** Kept rows; undefined while they are still lazy. */
  rows: StoredAttribute[] | undefined
  readonly lazy: LazyAttributes | undefined
  /** Lowest attribute id of the lazy rows. */
  readonly firstRow: number
}

export interface StoredAttribute {
  readonly id: number
  readonly event: StoredEvent
  readonly uuid: string
  readonly objectId: number
  readonly objectRelation: string | null
  readonly objectDistribution: number
  type: string
  category: string
  value: string
  toIds: boolean
  comment: string
  timestamp: number
  deleted: boolean
  distribution: number
  disableCorrelation: boolean
  firstSeen: string | null
  lastSeen: string | null
  tags: readonly Tag[]
}

interface Head {
  readonly id: number
  readonly lazy: LazyAttributes | undefined
  readonly firstRow: number
  readonly orgcId: number
}

interface Making {
  readonly now: number
  readonly tagOf: Tags['of']
}

export function storedEvent(input: FakeEventInput, head: Head, { now, tagOf }: Making): StoredEvent {
  const published = input.published ?? true
  return {
    ...head,
    uuid: (input.uuid ?? uuidOf(`event ${head.id}`)).toLowerCase(),
    orgId: head.orgcId,
    sharingGroupId: 0,
    info: input.info ?? `Event ${head.id}`,
    date: input.date ?? new Date(now * 1000).toISOString().slice(0, 10),
    threatLevelId: input.threatLevelId ?? 2,
    analysis: input.analysis ?? 2,
    distribution: input.distribution ?? 3,
    published,
    timestamp: input.timestamp ?? now,
    publishTimestamp: input.publishTimestamp ?? (published ? now : 0),
    sightingTimestamp: 0,
    tags: (input.tags ?? []).map(tagOf),
    rows: undefined,
  }
}

interface RowMaking {
  readonly input: FakeAttributeInput
  readonly tagOf: Tags['of']
}

export function storedRow(event: StoredEvent, id: number, { input, tagOf }: RowMaking): StoredAttribute {
  return {
    id,
    event,
    uuid: input.uuid ?? rowUuid(id),
    objectId: input.objectId ?? 0,
    objectRelation: input.objectRelation ?? null,
    objectDistribution: input.objectDistribution ?? 5,
    type: input.type,
    category: input.category ?? defaultCategory(input.type),
    value: normaliseValue(input.type, input.value),
    toIds: input.to_ids ?? true,
    comment: input.comment ?? '',
    timestamp: input.timestamp ?? event.timestamp,
    deleted: input.deleted ?? false,
    distribution: input.distribution ?? 5,
    disableCorrelation: input.disableCorrelation ?? false,
    firstSeen: input.first_seen ?? null,
    lastSeen: input.last_seen ?? null,
    tags: (input.tags ?? []).map(tagOf),
  }
}

/** Made from the id, so that a million of them need no map. */
function rowUuid(id: number): string {
  const mixed = (Math.imul(id, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')
  return `${mixed}-fa4e-4000-8000-${id.toString(16).padStart(12, '0')}`
}

export function idOfRowUuid(uuid: string): number {
  return /^[0-9a-f-]{36}$/i.test(uuid) ? parseInt(uuid.slice(24), 16) : 0
}
