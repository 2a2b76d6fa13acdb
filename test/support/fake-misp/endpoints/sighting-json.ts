import type { StoredSighting } from '../types.ts'

export function sightingJson(sighting: StoredSighting): object {
  return {
    id: String(sighting.id),
    attribute_id: String(sighting.attributeId),
    event_id: String(sighting.eventId),
    org_id: String(sighting.orgId),
    date_sighting: String(sighting.date),
    uuid: sighting.uuid,
    source: sighting.source,
    type: sighting.type,
  }
}
