import { indicatorValues, type IndicatorValue } from '../canonical/indicator-value.ts'
import type { Indicator } from '../core/indicator.ts'
import type { Observable } from '../core/observable.ts'

/** The warning-lists, as the policy sees them: every list a canonical value stands on. Called for matches only. */
export interface WarningCheck {
  check(value: IndicatorValue): readonly WarningHit[]
}

export interface WarningHit {
  readonly list: string
  readonly action: 'suppress' | 'annotate'
}

/** What the warning-lists say about one indicator that applies to an observable. */
export interface Warnings {
  /** Names of lists; never empty. */
  readonly lists: readonly [string, ...string[]]
  /** Those that hold it back. */
  readonly suppressing: readonly string[]
}

/**
 * Asks about what was seen and about what the indicator says; the other half of a composite is only told: an evil name does not
 * become harmless by the address it points to.
 */
export function warningsOf(
  check: WarningCheck | undefined,
  observable: Observable,
  indicator: Indicator,
): Warnings | undefined {
  if (check === undefined) return undefined
  const hits = [
    ...check.check(observable),
    ...(observable.value === indicator.value ? [] : check.check(indicator)),
  ]
  const told = otherHalves(indicator).flatMap((value) => check.check(value))
  const [first, ...rest] = new Set([...hits, ...told].map(({ list }) => list))
  if (first === undefined) return undefined
  const suppressing = new Set(hits.filter(({ action }) => action === 'suppress').map(({ list }) => list))
  return { lists: [first, ...rest], suppressing: [...suppressing] }
}

function otherHalves({ composite, value: own }: Indicator): readonly IndicatorValue[] {
  if (composite === undefined) return []
  return composite
    .split('|')
    .flatMap((half) => indicatorValues(half))
    .filter(({ value }) => value !== own)
}
