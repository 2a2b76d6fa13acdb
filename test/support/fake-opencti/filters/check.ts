import { failure } from '../graphql/errors.ts'
import { atLeast } from '../version.ts'
import { isKnownKey, unknownAlgorithm } from './attributes.ts'
import type { Filter, FilterGroup } from './types.ts'

export interface FilterLimits {
  readonly version: string
  /** Clauses that the search engine takes; it refuses more. */
  readonly maxClauses: number
}

/** Refuses what the platform refuses before it searches. */
export function checkFilters(group: FilterGroup | null | undefined, limits: FilterLimits): void {
  if (group === null || group === undefined) return
  const filters = flat(group)
  const keys = [...new Set(filters.flatMap(({ key }) => key))]
  const unknown = keys.filter((key) => !isKnownKey(key))
  if (unknown.length > 0) {
    const text = 'ncorrect filter keys not existing in any schema definition'
    throw failure('UNSUPPORTED_ERROR', {
      message: `${atLeast(limits.version, '6.9.0') ? 'I' : 'i'}${text}`,
      data: { keys: unknown },
    })
  }
  const algorithm = keys.map(unknownAlgorithm).find((each) => each !== undefined)
  // Upstream issue 9460: seen from 6.4 on; before, nothing was found.
  if (algorithm !== undefined && atLeast(limits.version, '6.4.0')) {
    throw failure('FUNCTIONAL_ERROR', {
      message: `Schema definition named [hashes] is missing mapping for attribute [${algorithm}]`,
    })
  }
  if (clausesOf(filters) > limits.maxClauses) throw failure('COMPLEX_SEARCH_ERROR')
}

function flat(group: FilterGroup): readonly Filter[] {
  return [...group.filters, ...group.filterGroups.flatMap(flat)]
}

/** One for each value and key; `ids` looks in three fields. */
function clausesOf(filters: readonly Filter[]): number {
  let sum = 0
  for (const { key, values } of filters)
    for (const each of key) sum += Math.max(1, values.length) * (each === 'ids' ? 3 : 1)
  return sum
}
