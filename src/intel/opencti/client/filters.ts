/**
 * OpenCTI's filters (5.12 and later). Both lists are mandatory, a key stands in a list of one, and values are texts also
 * where they are flags or numbers: only so are they valid in all releases.
 */
export interface Filter {
  readonly key: readonly [string]
  readonly operator: 'eq' | 'gt' | 'gte'
  readonly mode: 'or'
  readonly values: readonly string[]
}

export interface FilterGroup {
  readonly mode: 'and' | 'or'
  readonly filters: readonly Filter[]
  readonly filterGroups: readonly FilterGroup[]
}

/** The attribute is one of the values, in any letter case. */
export function oneOf(key: string, values: readonly string[]): Filter {
  return { key: [key], operator: 'eq', mode: 'or', values }
}

export function after(key: string, value: string): Filter {
  return { key: [key], operator: 'gt', mode: 'or', values: [value] }
}

/** Filters without values are left out: they would match everything, or nothing, by release. */
export function anyOf(filters: readonly Filter[]): FilterGroup {
  return { mode: 'or', filters: filters.filter(({ values }) => values.length > 0), filterGroups: [] }
}

export function allOf(filters: readonly Filter[], filterGroups: readonly FilterGroup[] = []): FilterGroup {
  return { mode: 'and', filters, filterGroups }
}
