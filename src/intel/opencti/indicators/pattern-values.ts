import { indicatorValues, isTooWide } from '../../../canonical/indicator-value.ts'
import { compilePattern } from '../../stix/compile.ts'
import type { Refusal } from '../../stix/refusal.ts'
import type { FoundValue } from './indicators.ts'

export interface PatternValues {
  /** What the pattern is found by, each value once. Empty: it matches nothing. */
  readonly values: readonly FoundValue[]
  /** Why it, or a part of it, matches nothing. */
  readonly refused: readonly Refusal[]
}

export function patternValues(pattern: string): PatternValues {
  const { parts, refused } = compilePattern(pattern)
  const values = new Map<string, FoundValue>()
  for (const { hint, values: texts, whole } of parts)
    for (const text of texts)
      for (const value of indicatorValues(text, hint)) {
        if (isTooWide(value)) continue
        const key = `${value.type} ${value.value}`
        // A value that is enough by itself needs no pattern.
        if (whole !== true) values.set(key, value)
        else if (!values.has(key)) values.set(key, { ...value, pattern })
      }
  const isLost = values.size === 0 && refused.length === 0
  return { values: [...values.values()], refused: isLost ? ['no-observable'] : refused }
}
