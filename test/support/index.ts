import type { Indicator } from '../../src/core/indicator.ts'
import type { MatchedIndicator } from '../../src/core/match.ts'
import type { IndicatorIndex } from '../../src/core/ports.ts'

/** A complete indicator around what a test cares about. */
export function indicatorOf(part: Partial<Indicator> & Pick<Indicator, 'type' | 'value'>): Indicator {
  return {
    provider: 'feeds',
    source: 'bad.txt',
    ref: `bad.txt:${part.value}`,
    sourceType: part.type,
    tags: [],
    ...part,
  }
}

/** An index that knows exact values only. */
export function exactIndex(
  indicators: readonly Indicator[],
  kind: MatchedIndicator['kind'] = 'exact',
): IndicatorIndex {
  return {
    size: indicators.length,
    find: ({ type, value }) =>
      indicators
        .filter((each) => each.type === type && each.value === value)
        .map((indicator) => ({ indicator, kind })),
  }
}
