/** A filter as GraphQL hands it over, or as a stream collection keeps it. */
export interface FilterGroup {
  readonly mode: 'and' | 'or'
  readonly filters: readonly Filter[]
  readonly filterGroups: readonly FilterGroup[]
}

export interface Filter {
  readonly key: readonly string[]
  readonly values: readonly unknown[]
  readonly operator?: string | null
  readonly mode?: 'and' | 'or' | null
}
