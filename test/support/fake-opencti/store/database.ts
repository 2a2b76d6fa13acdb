import type { Collection, ObjectSource } from './collection.ts'
import { createCollection } from './collection.ts'
import type { Seed } from './seed.ts'
import type { Kind, StoredObject, StoredRelation } from './stored.ts'
import { isRelation, KINDS, kindOf } from './stored.ts'

/** Everything the platform holds. */
export interface Database {
  /** What lists of a kind show. */
  sources(kind: Kind): readonly ObjectSource[]
  all(kind: Kind): Iterable<StoredObject>
  /** By internal, standard or other STIX id. */
  find(ref: string): StoredObject | undefined
  put(object: StoredObject): void
  remove(object: StoredObject): void
  /** Relationships at either end of which the object is; sightings when asked for. */
  relationsOf(id: string, kind?: 'relationship' | 'sighting'): readonly StoredRelation[]
  /** Adds indicators that are made when they are read. */
  plant(seed: Seed): void
}

export function createDatabase(): Database {
  const collections = new Map(KINDS.map((kind) => [kind, createCollection()]))
  const ends = new Map<string, Set<string>>()
  const seeds: Seed[] = []
  const of = (kind: Kind): Collection => {
    const collection = collections.get(kind)
    if (collection === undefined) throw new Error(`no collection for ${kind}`)
    return collection
  }
  const sources = (kind: Kind): readonly ObjectSource[] =>
    kind === 'indicator' ? [of(kind), ...seeds] : [of(kind)]
  const link = (relation: StoredRelation): void => {
    for (const end of [relation.fromId, relation.toId]) {
      const known = ends.get(end)
      if (known === undefined) ends.set(end, new Set([relation.id]))
      else known.add(relation.id)
    }
  }
  return {
    sources,
    all: function* all(kind) {
      for (const source of sources(kind)) yield* source.after(undefined)
    },
    find: (ref) => {
      for (const kind of KINDS)
        for (const source of sources(kind)) {
          const found = source.lookup('ids', ref)?.[0]
          if (found !== undefined) return found
        }
      return undefined
    },
    put: (object) => {
      // A made-up indicator that is edited becomes a real one.
      for (const seed of seeds) seed.take(object.id)
      of(kindOf(object)).put(object)
      if (isRelation(object)) link(object)
    },
    remove: (object) => {
      for (const seed of seeds) seed.take(object.id)
      of(kindOf(object)).remove(object.id)
      if (isRelation(object)) for (const end of [object.fromId, object.toId]) ends.get(end)?.delete(object.id)
    },
    relationsOf: (id, kind = 'relationship') =>
      [...(ends.get(id) ?? [])]
        .map((relation) => of(kind).get(relation))
        .filter((relation) => relation !== undefined)
        .filter(isRelation),
    plant: (seed) => {
      seeds.push(seed)
    },
  }
}
