import type { Exchange } from '../http/exchange.ts'
import type { Options } from '../search/options.ts'
import type { RowExtras } from '../search/row-json.ts'
import { NO_EXTRAS } from '../search/row-json.ts'
import type { StoredAttribute } from '../store/stored.ts'
import { fold, halves } from '../store/fold.ts'
import { mayseeEvent, maySeeRow } from '../search/filters.ts'
import { decayScores } from './decay.ts'
import { sightingJson } from './sighting-json.ts'
import { warningJson, warningsOf } from './warnings.ts'

/** The parts of a row that cost the server a query each. */
export function rowExtras(exchange: Exchange, options: Options): RowExtras {
  const { sightings, warnings, correlations, decay, proposals } = options
  if (!(sightings || warnings || correlations || decay || proposals)) return () => NO_EXTRAS
  return (row) => {
    const parts: string[] = []
    const add = (name: string, value: unknown): unknown => parts.push(`"${name}":${JSON.stringify(value)}`)
    if (proposals) add('ShadowAttribute', [])
    if (sightings) add('Sighting', visibleSightings(exchange, row))
    if (correlations) add('RelatedAttribute', related(exchange, row))
    if (decay)
      addUnlessEmpty(add, 'decay_score', decayScores(row, exchange.instance.now(), options.fullModel))
    if (warnings) {
      const hits = warningsOf(exchange.instance.warningLists, row, 'to_ids')
      addUnlessEmpty(add, 'warnings', hits.map(warningJson))
    }
    return { before: parts }
  }
}

function addUnlessEmpty(
  add: (name: string, value: unknown) => unknown,
  name: string,
  list: readonly unknown[],
): void {
  if (list.length > 0) add(name, list)
}

/** Sightings of others are hidden unless they concern an own event (the default policy). */
export function visibleSightings({ instance, user }: Exchange, row: StoredAttribute): readonly object[] {
  return instance.sightings.all
    .filter(({ attributeId }) => attributeId === row.id)
    .filter(({ orgId }) => user.role.siteAdmin || orgId === user.orgId || row.event.orgId === user.orgId)
    .map((sighting) => ({
      ...sightingJson(sighting),
      attribute_uuid: sighting.attributeUuid,
      Organisation: organisationOf(instance.database.organisations.byId(sighting.orgId)),
    }))
}

function organisationOf({ id, uuid, name }: { id: number; uuid: string; name: string }): object {
  return { id: String(id), uuid, name }
}

/** The other rows with the same value, newest first (include__everything_ip). */
function related({ instance, user }: Exchange, row: StoredAttribute): readonly object[] {
  const texts = halves(row.type, row.value).filter((half) => half !== '')
  const ids = new Set(texts.flatMap((text) => instance.database.index.find(fold(text))))
  return [...ids]
    .toSorted((a, b) => b - a)
    .flatMap((id) => instance.database.row(id) ?? [])
    .filter(
      (other) =>
        other.id !== row.id && !other.deleted && mayseeEvent(other.event, user) && maySeeRow(other, user),
    )
    .map(relatedJson)
}

function relatedJson(row: StoredAttribute): object {
  const { event } = row
  return {
    id: String(row.id),
    event_id: String(event.id),
    object_id: String(row.objectId),
    object_relation: row.objectRelation,
    category: row.category,
    type: row.type,
    uuid: row.uuid,
    timestamp: String(row.timestamp),
    distribution: String(row.distribution),
    sharing_group_id: '0',
    to_ids: row.toIds,
    comment: row.comment,
    value: row.value,
    Event: {
      id: String(event.id),
      uuid: event.uuid,
      threat_level_id: String(event.threatLevelId),
      analysis: String(event.analysis),
      info: event.info,
      extends_uuid: '',
      distribution: String(event.distribution),
      sharing_group_id: '0',
      published: event.published,
      date: event.date,
      orgc_id: String(event.orgcId),
      org_id: String(event.orgId),
    },
  }
}
