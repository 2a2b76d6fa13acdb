import type { Database } from '../store/database.ts'
import type { StoredAttribute, StoredEvent } from '../store/stored.ts'
import type { Tag } from '../store/tables.ts'
import type { Options } from './options.ts'

/** Parts of a row that only some searches ask for, each `"name":json`, or nothing. */
export type RowExtras = (row: StoredAttribute) => RowParts
export interface RowParts {
  /** Between `value` and `Event`. */
  readonly before: readonly string[]
}

export const NO_EXTRAS: RowParts = { before: [] }

/**
 * Writes rows as `/attributes/restSearch` does. By hand, not by JSON.stringify of a whole object: pages of thousands of rows
 * are what the mirror's benchmarks read.
 */
export function rowWriter(
  database: Database,
  options: Options,
  extras: RowExtras,
): (row: StoredAttribute) => string {
  const events = new Map<StoredEvent, { readonly event: string; readonly tags: readonly string[] }>()
  const eventParts = (event: StoredEvent): { readonly event: string; readonly tags: readonly string[] } => {
    const known = events.get(event)
    if (known !== undefined) return known
    const made = {
      event: options.context ? contextEvent(database, event) : plainEvent(event),
      tags: options.eventTags ? event.tags.map(inheritedTag) : [],
    }
    events.set(event, made)
    return made
  }
  return (row) => {
    const { event, tags } = eventParts(row.event)
    const parts = [rowHead(row), ...(options.eventUuid ? [`"event_uuid":"${row.event.uuid}"`] : [])]
    parts.push(...extras(row).before, `"Event":${event}`)
    if (row.objectId !== 0) {
      const { objectId, objectDistribution } = row
      parts.push(
        `"Object":{"id":"${objectId}","distribution":"${objectDistribution}","sharing_group_id":"0"}`,
      )
    }
    const all = [...row.tags.map(ownTag), ...tags]
    if (all.length > 0) parts.push(`"Tag":[${all.join(',')}]`)
    return `{${parts.join(',')}}`
  }
}

function rowHead(row: StoredAttribute): string {
  return (
    `"id":"${row.id}","event_id":"${row.event.id}","object_id":"${row.objectId}",` +
    `"object_relation":${nullable(row.objectRelation)},"category":${quoted(row.category)},"type":${quoted(row.type)},` +
    `"to_ids":${row.toIds},"uuid":"${row.uuid}","timestamp":"${row.timestamp}","distribution":"${row.distribution}",` +
    `"sharing_group_id":"0","comment":${quoted(row.comment)},"deleted":${row.deleted},` +
    `"disable_correlation":${row.disableCorrelation},"first_seen":${nullable(row.firstSeen)},` +
    `"last_seen":${nullable(row.lastSeen)},"value":${quoted(row.value)}`
  )
}

/** Nothing that JSON escapes: control characters are not in it. */
const PLAIN = /^[^"\\\p{Cc}\p{Cs}]*$/u

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
}

function nullable(text: string | null): string {
  return text === null ? 'null' : quoted(text)
}

function plainEvent(event: StoredEvent): string {
  return JSON.stringify({
    org_id: String(event.orgId),
    distribution: String(event.distribution),
    publish_timestamp: String(event.publishTimestamp),
    id: String(event.id),
    info: event.info,
    orgc_id: String(event.orgcId),
    uuid: event.uuid,
  })
}

function contextEvent(database: Database, event: StoredEvent): string {
  const { id, name, uuid, local } = database.organisations.byId(event.orgcId)
  return JSON.stringify({
    id: String(event.id),
    orgc_id: String(event.orgcId),
    org_id: String(event.orgId),
    date: event.date,
    threat_level_id: String(event.threatLevelId),
    info: event.info,
    published: event.published,
    uuid: event.uuid,
    analysis: String(event.analysis),
    timestamp: String(event.timestamp),
    distribution: String(event.distribution),
    publish_timestamp: String(event.publishTimestamp),
    sharing_group_id: String(event.sharingGroupId),
    extends_uuid: '',
    Tag: event.tags.map((tag) => ({
      local: tag.local,
      id: String(tag.id),
      name: tag.name,
      colour: tag.colour,
      numerical_value: tag.numericalValue,
    })),
    Orgc: { id: String(id), name, uuid, local },
  })
}

const tagJson = new WeakMap<Tag, { readonly own: string; readonly inherited: string }>()

function tagTexts(tag: Tag): { readonly own: string; readonly inherited: string } {
  const known = tagJson.get(tag)
  if (known !== undefined) return known
  const { numericalValue: numerical_value, name, colour } = tag
  const common = { id: String(tag.id), name, colour, numerical_value }
  const made = {
    own: JSON.stringify({ ...common, is_galaxy: tag.isGalaxy, local: tag.local }),
    inherited: JSON.stringify({ ...common, inherited: 1 }),
  }
  tagJson.set(tag, made)
  return made
}

const ownTag = (tag: Tag): string => tagTexts(tag).own
const inheritedTag = (tag: Tag): string => tagTexts(tag).inherited
