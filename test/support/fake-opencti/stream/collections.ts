import { randomUUID } from 'node:crypto'
import { compile } from '../filters/compile.ts'
import type { Matcher } from '../filters/compile.ts'
import type { FilterGroup } from '../filters/types.ts'
import { failure } from '../graphql/errors.ts'
import type { Instance } from '../instance.ts'
import type { Collection } from './types.ts'

export interface StreamInput {
  readonly name: string
  readonly id?: string
  readonly description?: string | null
  readonly filters?: string | null
  readonly stream_live?: boolean | null
  readonly stream_public?: boolean | null
}

const NO_FILTERS = '{"mode":"and","filters":[],"filterGroups":[]}'

/** What `streamCollectionAdd` makes: stopped, unless it is told to start. */
export function addStream(instance: Instance, input: StreamInput): Collection {
  const filters = input.filters ?? NO_FILTERS
  const wrong = keysOf(parsed(filters)).filter((key) => !STREAM_KEYS.has(key))
  if (wrong.length > 0) {
    const message = 'Stream filtering is not compatible with the provided filter keys'
    throw failure('UNSUPPORTED_ERROR', { message, data: { keys: wrong } })
  }
  const collection: Collection = {
    id: input.id ?? randomUUID(),
    name: input.name,
    description: input.description ?? null,
    filters,
    stream_live: input.stream_live ?? false,
    stream_public: input.stream_public ?? false,
  }
  instance.streams.set(collection.id, collection)
  return collection
}

/** As long as it is asked for: the filter is read again each time. */
export function matcherOf(collection: Collection | undefined): Matcher {
  return collection === undefined ? () => true : compile(parsed(collection.filters))
}

function parsed(filters: string): FilterGroup {
  try {
    const group = JSON.parse(filters) as FilterGroup
    if (Array.isArray(group.filters) && Array.isArray(group.filterGroups)) return group
  } catch {
    // As one of the wrong shape.
  }
  throw failure('UNSUPPORTED_ERROR', { message: 'Incorrect filters format' })
}

function keysOf(group: FilterGroup): readonly string[] {
  return [...group.filters.flatMap(({ key }) => key), ...group.filterGroups.flatMap(keysOf)]
}

/** `filtering-stix/stix-testers.ts` of 6.7.11: no value, name or end of validity. */
const STREAM_KEYS: ReadonlySet<string> = new Set([
  'ids',
  'entity_type',
  'pattern_type',
  'revoked',
  'x_opencti_score',
  'x_opencti_detection',
  'x_opencti_main_observable_type',
  'indicator_types',
  'confidence',
  'objectLabel',
  'objectMarking',
  'createdBy',
  'creator_id',
  'workflow_id',
  'fromId',
  'toId',
  'fromTypes',
  'toTypes',
  'representative',
])
