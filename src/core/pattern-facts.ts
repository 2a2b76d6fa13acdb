export type FactValue = string | number | boolean

/**
 * What one observation tells, for STIX patterns: the values of an object path. Paths are in lower case, without quotes and list
 * marks (`file:hashes.sha256`, `email-message:to_refs.value`). Worked out when asked for.
 */
export interface PatternFacts {
  get(path: string): readonly FactValue[] | undefined
}

/** Whether a STIX pattern holds for one alert. False for what is no pattern, and for what cannot be decided. */
export type PatternHolds = (pattern: string) => boolean
