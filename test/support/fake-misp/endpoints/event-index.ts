import type { Answer } from '../http/answer.ts'
import { json } from '../http/answer.ts'
import type { Exchange } from '../http/exchange.ts'
import { eventTest, mayseeEvent } from '../search/filters.ts'
import { isLost } from '../search/terms.ts'
import type { Organisation } from '../store/tables.ts'
import type { Database } from '../store/database.ts'
import type { StoredEvent } from '../store/stored.ts'
import { timeTest } from '../search/times.ts'
import { objectBody } from './filter-of.ts'

/**
 * `/events/index`: the only view that shows deleted and unpublished events. The header is the total over all pages. With
 * `minimal` events without attributes are left out.
 */
export function eventIndex(exchange: Exchange): Answer {
  const { instance, user, named } = exchange
  const { database } = instance
  const filter = { ...named, ...objectBody(exchange.body) } as Readonly<Record<string, unknown>>
  const minimal = !isLost(filter['minimal'])
  const { timestamp, ...others } = filter
  const passes = eventTest(
    { ...others, date: filter['datefrom'], to: filter['dateuntil'] },
    { database, user, now: instance.now() },
  )
  const time = timeTest(timestamp, instance.now())
  const found = [...database.events.values()]
    .filter((event) => mayseeEvent(event, user) && passes(event))
    .filter((event) => time === undefined || time(event.timestamp))
    .filter((event) => !minimal || database.rowCount(event) > 0)
    .toSorted((a, b) => a.id - b.id)
  const limit = Number(filter['limit'] ?? 0)
  const start = limit > 0 ? (Math.max(1, Number(filter['page'] ?? 1)) - 1) * limit : 0
  const page = found.slice(start, limit > 0 ? start + limit : undefined)
  const write = minimal ? minimalEvent : indexEvent
  return {
    ...json(page.map((event) => write(database, event))),
    headers: { 'X-Result-Count': String(found.length) },
  }
}

function minimalEvent(database: Database, event: StoredEvent): object {
  return {
    id: String(event.id),
    timestamp: String(event.timestamp),
    sighting_timestamp: String(event.sightingTimestamp),
    published: event.published,
    uuid: event.uuid,
    orgc_uuid: database.organisations.byId(event.orgcId).uuid,
  }
}

function indexEvent(database: Database, event: StoredEvent): object {
  return {
    id: String(event.id),
    org_id: String(event.orgId),
    date: event.date,
    info: event.info,
    uuid: event.uuid,
    published: event.published,
    analysis: String(event.analysis),
    attribute_count: String(database.rowCount(event)),
    orgc_id: String(event.orgcId),
    timestamp: String(event.timestamp),
    distribution: String(event.distribution),
    sharing_group_id: String(event.sharingGroupId),
    proposal_email_lock: false,
    locked: false,
    threat_level_id: String(event.threatLevelId),
    publish_timestamp: String(event.publishTimestamp),
    sighting_timestamp: String(event.sightingTimestamp),
    disable_correlation: false,
    extends_uuid: '',
    protected: null,
    Org: organisation(database.organisations.byId(event.orgId)),
    Orgc: organisation(database.organisations.byId(event.orgcId)),
    ...(event.distribution === 4 ? { SharingGroup: SHARING_GROUP } : {}),
    ...(event.tags.some(({ isGalaxy }) => isGalaxy) ? { GalaxyCluster: [] } : {}),
    EventTag: event.tags.map((tag) => ({
      id: String(tag.id),
      event_id: String(event.id),
      tag_id: String(tag.id),
      local: tag.local,
      relationship_type: '',
      Tag: { id: String(tag.id), name: tag.name, colour: tag.colour, is_galaxy: tag.isGalaxy },
    })),
  }
}

/** The only one: its only member is the own organisation. */
const SHARING_GROUP = { id: '1', name: 'SG one', uuid: 'f6698ba5-881a-493c-823d-42403c1f9417' }

function organisation({ id, name, uuid }: Organisation): object {
  return { id: String(id), name, uuid }
}
