import { randomUUID } from 'node:crypto'
import type { StoredSighting } from '../types.ts'
import type { StoredAttribute } from './stored.ts'

export interface Sightings {
  readonly all: readonly StoredSighting[]
  add(row: StoredAttribute, sighting: NewSighting): StoredSighting
  remove(id: number): void
  has(uuid: string): boolean
}

export type NewSighting = Pick<StoredSighting, 'orgId' | 'date' | 'source' | 'type'> & {
  readonly uuid?: string
}

export function createSightings(): Sightings {
  const all: StoredSighting[] = []
  const uuids = new Set<string>()
  let last = 0
  return {
    all,
    has: (uuid) => uuids.has(uuid.toLowerCase()),
    add: (row, { uuid = randomUUID(), ...sighting }) => {
      last += 1
      const stored = {
        id: last,
        uuid: uuid.toLowerCase(),
        attributeId: row.id,
        attributeUuid: row.uuid,
        eventId: row.event.id,
        ...sighting,
      }
      all.push(stored)
      uuids.add(stored.uuid)
      row.event.sightingTimestamp = Math.max(row.event.sightingTimestamp, sighting.date)
      return stored
    },
    remove: (id) => {
      const place = all.findIndex((each) => each.id === id)
      if (place >= 0) all.splice(place, 1)
    },
  }
}
