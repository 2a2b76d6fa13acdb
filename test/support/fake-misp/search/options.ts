import { isLost } from './terms.ts'
import type { Filter } from './terms.ts'

/** What a search shall add to each row, and how it is cut into pages. */
export interface Options {
  readonly format: string
  readonly context: boolean
  readonly eventTags: boolean
  readonly eventUuid: boolean
  readonly warnings: boolean
  readonly enforceWarnings: boolean
  readonly sightings: boolean
  readonly decay: boolean
  readonly fullModel: boolean
  readonly excludeDecayed: boolean
  readonly score: number | undefined
  readonly correlations: boolean
  readonly proposals: boolean
  readonly order: string
  /** Undefined: no limit. Negative: everything, with the count of a full page. NaN: the server fails. */
  readonly limit: number | undefined
  /** From 1. */
  readonly page: number
}

/** Any truthy value switches an option on, `"false"` too (include__include_false_string). */
export function searchOptions(filter: Filter): Options {
  const on = (name: string): boolean => !isLost(filter[name])
  return {
    format: typeof filter['returnFormat'] === 'string' ? filter['returnFormat'] : 'json',
    context: on('includeContext'),
    eventTags: on('includeEventTags') || on('includeDecayScore') || on('excludeDecayed'),
    eventUuid: on('includeEventUuid'),
    warnings: on('includeWarninglistHits'),
    enforceWarnings: on('enforceWarninglist'),
    sightings: on('includeSightings'),
    decay: on('includeDecayScore') || on('excludeDecayed'),
    fullModel: on('includeFullModel'),
    excludeDecayed: on('excludeDecayed'),
    score: isLost(filter['score']) ? undefined : Number(filter['score']),
    correlations: on('includeCorrelations'),
    proposals: on('includeProposals'),
    order: typeof filter['order'] === 'string' ? filter['order'] : '',
    limit: isLost(filter['limit']) ? undefined : Number(filter['limit']),
    page: Math.max(1, Math.trunc(Number(filter['page'] ?? 1)) || 1),
  }
}
