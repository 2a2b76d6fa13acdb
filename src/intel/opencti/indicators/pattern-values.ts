import { indicatorValues } from '../../../canonical/indicator-value.ts'
import { isTooWide } from '../../feed/maker.ts'
import { hintOfPath, parseOrPattern } from '../../feed/stix-pattern.ts'
import type { FoundValue } from './indicators.ts'

/** What a pattern is found by; or why it can match nothing. */
export type PatternValues =
  | { readonly values: readonly [FoundValue, ...FoundValue[]] }
  | { readonly values: readonly []; readonly reason: string }

export function patternValues(pattern: string): PatternValues {
  const parts = parseOrPattern(pattern)
  if (parts === undefined) return { values: [], reason: 'unsupported' }
  const values = parts
    .flatMap(({ path, values: texts }) => {
      const hint = hintOfPath(path)
      return hint === undefined ? [] : texts.flatMap((text) => indicatorValues(text, hint))
    })
    .filter((value) => !isTooWide(value))
  const [first, ...rest] = values
  return first === undefined ? { values: [], reason: 'no-observable' } : { values: [first, ...rest] }
}
