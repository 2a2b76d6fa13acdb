import type { Alert } from '../core/alert.ts'
import type { MatchedIndicator } from '../core/match.ts'
import type { Observable } from '../core/observable.ts'
import type { PatternHolds } from '../core/pattern-facts.ts'

/**
 * Judges patterns of indicators over one alert. Costs nothing until a pattern is asked about. `observables` are those of the
 * alert, and found anew where they are not given.
 */
export type AlertPatterns = (alert: Alert, observables?: readonly Observable[]) => PatternHolds

/** Without the indicators whose pattern does not hold: these do not apply, and are not even held back. */
export function withPatternsHeld(
  found: readonly MatchedIndicator[],
  holds: PatternHolds,
): readonly MatchedIndicator[] {
  if (found.every(({ indicator }) => indicator.pattern === undefined)) return found
  return found.filter(({ indicator: { pattern } }) => pattern === undefined || holds(pattern))
}
