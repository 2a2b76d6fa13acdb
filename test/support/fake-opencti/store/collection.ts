import { isIdKey, valuesOf } from '../filters/attributes.ts'
import { fold, LONGEST_KEYWORD } from '../filters/fold.ts'
import type { Matcher } from '../filters/compile.ts'
import type { StoredObject } from './stored.ts'

/** A list of objects in the order of their standard ids, with quick ways to those a filter may mean. */
export interface ObjectSource {
  /** Those whose standard id comes after `cursor`; all without one. */
  after(cursor: string | undefined): Iterable<StoredObject>
  /** Those that may equal a value under a key; undefined when the key has no index. */
  lookup(key: string, value: string): readonly StoredObject[] | undefined
  /** How many match. `name` tells filters apart, for a source that remembers. */
  count(matcher: Matcher, name: string): number
}

export interface Collection extends ObjectSource {
  readonly size: number
  get(id: string): StoredObject | undefined
  /** New, or in place of the one with its internal id. */
  put(object: StoredObject): void
  remove(id: string): void
}

const INDEXED: ReadonlySet<string> = new Set([
  'ids',
  'standard_id',
  'internal_id',
  'name',
  'pattern',
  'value',
  'hashes.MD5',
  'hashes.SHA-1',
  'hashes.SHA-256',
  'hashes.SHA-512',
])

export function createCollection(): Collection {
  const objects = new Map<string, StoredObject>()
  const ordered: StoredObject[] = []
  const indexes = new Map([...INDEXED].map((key) => [key, new Map<string, Set<string>>()]))
  const forget = (object: StoredObject): void => {
    objects.delete(object.id)
    ordered.splice(placeOf(ordered, object.standard_id), 1)
    for (const [key, index] of indexes)
      for (const value of keysOf(object, key)) index.get(value)?.delete(object.id)
  }
  return {
    get size() {
      return objects.size
    },
    get: (id) => objects.get(id),
    put: (object) => {
      const old = objects.get(object.id)
      if (old !== undefined) forget(old)
      objects.set(object.id, object)
      ordered.splice(placeOf(ordered, object.standard_id), 0, object)
      for (const [key, index] of indexes) {
        for (const value of keysOf(object, key)) {
          const ids = index.get(value)
          if (ids === undefined) index.set(value, new Set([object.id]))
          else ids.add(object.id)
        }
      }
    },
    remove: (id) => {
      const old = objects.get(id)
      if (old !== undefined) forget(old)
    },
    after: (cursor) => {
      if (cursor === undefined) return ordered
      const place = placeOf(ordered, cursor)
      return ordered.slice(ordered[place]?.standard_id === cursor ? place + 1 : place)
    },
    lookup: (key, value) => {
      const index = indexes.get(key)
      if (index === undefined) return undefined
      const found = index.get(isIdKey(key) ? value : fold(value)) ?? []
      return [...found].map((id) => objects.get(id)).filter((object) => object !== undefined)
    },
    count: (matcher) => ordered.reduce((sum, object) => sum + (matcher(object) ? 1 : 0), 0),
  }
}

function keysOf(object: StoredObject, key: string): ReadonlySet<string> {
  const values = valuesOf(object, key)
  if (isIdKey(key)) return new Set(values)
  return new Set(values.filter(({ length }) => length <= LONGEST_KEYWORD).map(fold))
}

/** Where the first object stands that is not before `standardId`. */
function placeOf(ordered: readonly StoredObject[], standardId: string): number {
  let low = 0
  let high = ordered.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ordered[middle]?.standard_id ?? '') < standardId) low = middle + 1
    else high = middle
  }
  return low
}
