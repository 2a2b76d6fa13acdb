import type { ObjectSource } from '../store/collection.ts'
import type { StoredObject } from '../store/stored.ts'
import type { Filter, FilterGroup } from './types.ts'

/** Objects among which all matches are, found without looking at the others; undefined when there is no such way. */
export function candidatesOf(
  sources: readonly ObjectSource[],
  group: FilterGroup | null | undefined,
): readonly StoredObject[] | undefined {
  const found = group === null || group === undefined ? undefined : ofGroup(sources, group)
  return found === undefined ? undefined : [...found.values()]
}

type Found = ReadonlyMap<string, StoredObject>

function ofGroup(sources: readonly ObjectSource[], group: FilterGroup): Found | undefined {
  const parts = [
    ...group.filters.map((filter) => ofFilter(sources, filter)),
    ...group.filterGroups.map((part) => ofGroup(sources, part)),
  ]
  if (group.mode === 'and') {
    return parts.reduce<Found | undefined>(
      (best, part) => (best === undefined || (part !== undefined && part.size < best.size) ? part : best),
      undefined,
    )
  }
  const known = parts.filter((part) => part !== undefined)
  if (known.length < parts.length || known.length === 0) return undefined
  return new Map(known.flatMap((part) => [...part]))
}

function ofFilter(sources: readonly ObjectSource[], filter: Filter): Found | undefined {
  const { key: keys, values, operator } = filter
  if ((operator ?? 'eq') !== 'eq' || values.length === 0) return undefined
  const found = new Map<string, StoredObject>()
  for (const source of sources) {
    for (const key of keys) {
      for (const value of values) {
        const objects = source.lookup(key, String(value))
        if (objects === undefined) return undefined
        for (const object of objects) found.set(object.id, object)
      }
    }
  }
  return found
}
