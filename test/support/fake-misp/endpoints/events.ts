import type { Answer } from '../http/answer.ts'
import { failure, json, TEXTS } from '../http/answer.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Context } from '../search/filters.ts'
import { mayseeEvent, maySeeRow } from '../search/filters.ts'
import { searchOptions } from '../search/options.ts'
import { findRows } from '../search/search.ts'
import type { Filter } from '../search/terms.ts'
import { isLost } from '../search/terms.ts'
import type { Database } from '../store/database.ts'
import type { StoredAttribute, StoredEvent } from '../store/stored.ts'
import { fold, halves } from '../store/fold.ts'
import type { Organisation, Tag } from '../store/tables.ts'
import { filterOf } from './filter-of.ts'
import { visibleSightings } from './row-extras.ts'
import { warningJson, warningsOf } from './warnings.ts'

/** `/events/view/<id or uuid>[/deleted:1]`. */
export function viewEvent(exchange: Exchange): Answer {
  const { instance, user, args, named, url } = exchange
  const event = instance.database.eventBy(args[0] ?? '')
  if (event === undefined || !mayseeEvent(event, user)) return failure(404, 'Invalid event', url)
  return json({
    Event: fullEvent(exchange, event, {
      deleted: !isLost(named['deleted']),
      metadata: false,
      warnings: true,
    }),
  })
}

/** `/events/restSearch`: events with a row that matches. Here the header is the total over all pages. */
export function searchEvents(exchange: Exchange): Answer {
  const { instance, user, method, args, named, url } = exchange
  if (method === 'GET' && args.length === 0 && Object.keys(named).length === 0) {
    return failure(400, TEXTS.getWithoutParameters, url)
  }
  const filter = filterOf(exchange)
  const { limit = 0, page } = searchOptions(filter)
  const found = matchingEvents(filter, { database: instance.database, user, now: instance.now() })
  const start = limit > 0 ? (page - 1) * limit : 0
  const shown = found.slice(start, limit > 0 ? start + limit : undefined)
  const metadata = !isLost(filter['metadata'])
  const events = shown.map((event) => ({
    Event: fullEvent(exchange, event, { metadata, deleted: false, warnings: false }),
  }))
  const [only] = shown
  const name = shown.length === 1 && only !== undefined && !isLost(filter['eventid']) ? only.id : 'list'
  return {
    status: 200,
    type: 'application/json',
    body: `{"response": ${JSON.stringify(events)}}\n`,
    headers: {
      'X-Result-Count': String(found.length),
      'X-Export-Module-Used': 'json',
      'X-Response-Format': 'json',
      'X-Skipped-Elements-Count': '0',
      'Content-Disposition': `attachment; filename="misp.event.${name}.json"`,
    },
  }
}

/** Events without attributes are found, too, unless a filter looks at rows. */
function matchingEvents(filter: Filter, context: Context): readonly StoredEvent[] {
  const { timestamp, ...others } = filter
  const byRow = new Set<StoredEvent>()
  const rows = { ...others, event_timestamp: filter['event_timestamp'] ?? timestamp }
  for (const row of findRows(rows, context)) byRow.add(row.event)
  return [...byRow].toSorted((a, b) => a.id - b.id)
}

interface Showing {
  /** `/events/view` tells warning-list hits, `/events/restSearch` does not. */
  readonly warnings: boolean
  readonly deleted: boolean
  readonly metadata: boolean
}

function fullEvent(exchange: Exchange, event: StoredEvent, showing: Showing): object {
  const { deleted, metadata } = showing
  const { database } = exchange.instance
  const rows = metadata
    ? []
    : [...database.rowsOf(event)].filter((row) => (deleted || !row.deleted) && maySeeRow(row, exchange.user))
  const attributes = rows
    .filter(({ objectId }) => objectId === 0)
    .map((row) => fullRow(exchange, row, showing))
  const tags = event.tags.length === 0 ? {} : { Tag: event.tags.map(fullTag) }
  const common = {
    RelatedEvent: relatedEvents(exchange, event),
    Galaxy: [],
  }
  const own = event.orgId === exchange.user.orgId || exchange.user.role.siteAdmin
  const creator = own ? { event_creator_email: 'admin@admin.test' } : {}
  const head = { ...eventHead(database, event), ...creator }
  if (metadata) return { ...head, ...common, CryptographicKey: [], ...tags }
  return {
    ...head,
    Attribute: attributes,
    ShadowAttribute: [],
    ...common,
    Object: objectsOf(exchange, rows, showing),
    EventReport: [],
    CryptographicKey: [],
    ...tags,
  }
}

function eventHead(database: Database, event: StoredEvent): object {
  const live = [...database.rowsOf(event)].filter(({ deleted }) => !deleted).length
  return {
    id: String(event.id),
    orgc_id: String(event.orgcId),
    org_id: String(event.orgId),
    date: event.date,
    threat_level_id: String(event.threatLevelId),
    info: event.info,
    published: event.published,
    uuid: event.uuid,
    attribute_count: String(live),
    analysis: String(event.analysis),
    timestamp: String(event.timestamp),
    distribution: String(event.distribution),
    proposal_email_lock: false,
    locked: false,
    publish_timestamp: String(event.publishTimestamp),
    sharing_group_id: String(event.sharingGroupId),
    disable_correlation: false,
    extends_uuid: '',
    protected: null,
    Org: organisation(database.organisations.byId(event.orgId)),
    Orgc: organisation(database.organisations.byId(event.orgcId)),
  }
}

function organisation({ id, name, uuid, local }: Organisation): object {
  return { id: String(id), name, uuid, local }
}

function fullRow(exchange: Exchange, row: StoredAttribute, { warnings }: Showing): object {
  const hits = warnings ? warningsOf(exchange.instance.warningLists, row, 'to_ids') : []
  const sightings = visibleSightings(exchange, row)
  return {
    id: String(row.id),
    type: row.type,
    category: row.category,
    to_ids: row.toIds,
    uuid: row.uuid,
    event_id: String(row.event.id),
    distribution: String(row.distribution),
    timestamp: String(row.timestamp),
    comment: row.comment,
    sharing_group_id: '0',
    deleted: row.deleted,
    disable_correlation: row.disableCorrelation,
    object_id: String(row.objectId),
    object_relation: row.objectRelation,
    first_seen: row.firstSeen,
    last_seen: row.lastSeen,
    value: row.value,
    ...(hits.length === 0 ? {} : { warnings: hits.map(warningJson) }),
    Galaxy: [],
    ShadowAttribute: [],
    ...(row.tags.length === 0 ? {} : { Tag: row.tags.map(fullTag) }),
    ...(sightings.length === 0 ? {} : { Sighting: sightings }),
  }
}

function fullTag(tag: Tag): object {
  return {
    id: String(tag.id),
    name: tag.name,
    colour: tag.colour,
    exportable: true,
    user_id: '0',
    hide_tag: false,
    numerical_value: tag.numericalValue,
    is_galaxy: tag.isGalaxy,
    is_custom_galaxy: false,
    local_only: false,
    local: tag.local,
    relationship_type: null,
  }
}

function objectsOf(
  exchange: Exchange,
  rows: readonly StoredAttribute[],
  showing: Showing,
): readonly object[] {
  const ids = [...new Set(rows.map(({ objectId }) => objectId))].filter((id) => id !== 0)
  return ids.map((id) => ({
    id: String(id),
    name: 'file',
    'meta-category': 'file',
    description: 'File object describing a file with meta-information',
    template_uuid: '688c46fb-5edb-40a3-8273-1af7923e2215',
    template_version: '24',
    event_id: String(rows[0]?.event.id),
    uuid: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    timestamp: String(rows[0]?.timestamp),
    distribution: '5',
    sharing_group_id: '0',
    comment: '',
    deleted: false,
    first_seen: null,
    last_seen: null,
    ObjectReference: [],
    Attribute: rows.filter(({ objectId }) => objectId === id).map((row) => fullRow(exchange, row, showing)),
  }))
}

/** Other events that share a value. */
function relatedEvents({ instance, user }: Exchange, event: StoredEvent): readonly object[] {
  const { database } = instance
  const others = new Set<StoredEvent>()
  for (const row of database.rowsOf(event)) {
    for (const half of halves(row.type, row.value)) {
      if (half === '') continue
      for (const id of database.index.find(fold(half))) {
        const other = database.row(id)
        if (other !== undefined && other.event !== event && mayseeEvent(other.event, user))
          others.add(other.event)
      }
    }
  }
  return [...others]
    .toSorted((a, b) => a.id - b.id)
    .map((other) => ({ Event: relatedEvent(database, other) }))
}

function relatedEvent(database: Database, event: StoredEvent): object {
  const brief = (id: number): object => {
    const { name, uuid } = database.organisations.byId(id)
    return { id: String(id), name, uuid }
  }
  return {
    id: String(event.id),
    date: event.date,
    threat_level_id: String(event.threatLevelId),
    info: event.info,
    published: event.published,
    uuid: event.uuid,
    analysis: String(event.analysis),
    timestamp: String(event.timestamp),
    distribution: String(event.distribution),
    org_id: String(event.orgId),
    orgc_id: String(event.orgcId),
    Org: brief(event.orgId),
    Orgc: brief(event.orgcId),
  }
}
