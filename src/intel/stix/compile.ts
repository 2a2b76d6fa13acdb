import type { IndicatorHint } from '../../canonical/indicator-value.ts'
import { readAlternatives } from './alternatives.ts'
import { anchorsOf, valuesOf } from './anchors.ts'
import type { Refusal } from './refusal.ts'

/** Values by which an alert is found that a pattern may hold for. */
export interface PatternPart {
  /** Object path in lower case without quotes: `file:hashes.sha-256`. */
  readonly path: string
  /** What the values are, for `indicatorValues`. */
  readonly hint: IndicatorHint
  /** As written; some may be no values. */
  readonly values: readonly string[]
  /**
   * The pattern has to hold as a whole (`Indicator.pattern`); absent where each value is an indicator by itself: `=`, `IN`, a
   * network, alone or joined by OR.
   */
  readonly whole?: true
}

export interface CompiledPattern {
  /** Empty: it matches nothing. */
  readonly parts: readonly PatternPart[]
  /** Why parts of it, or all of it, match nothing: one for each such part. */
  readonly refused: readonly Refusal[]
}

/** A pattern is kept with each of its anchors: so many characters in all. */
const MAX_ANCHORED_CHARS = 1024 * 1024

/** What a STIX pattern means for an index of single values. Linear in the pattern's length, never throws. */
export function compilePattern(text: string): CompiledPattern {
  const { expressions, refused } = readAlternatives(text)
  const alone: PatternPart[] = []
  const whole: PatternPart[] = []
  for (const expression of expressions) {
    const listed = expression.kind === 'comparison' ? valuesOf(expression) : undefined
    if (listed !== undefined) alone.push(listed)
    else for (const anchor of anchorsOf(expression) ?? []) whole.push({ ...anchor, whole: true })
  }
  const anchors = withoutRepeats(whole)
  const count = anchors.reduce((sum, { values }) => sum + values.length, 0)
  return count * text.length > MAX_ANCHORED_CHARS
    ? { parts: alone, refused: [...refused, 'too-complex'] }
    : { parts: [...alone, ...anchors], refused }
}

/** Alternatives may be found by the same value: one indicator with the whole pattern is enough. */
function withoutRepeats(parts: readonly PatternPart[]): readonly PatternPart[] {
  const seen = new Set<string>()
  return parts.flatMap((part) => {
    const values = part.values.filter((value) => {
      const key = `${part.hint} ${value}`
      return !seen.has(key) && seen.add(key)
    })
    return values.length === 0 ? [] : [{ ...part, values }]
  })
}
