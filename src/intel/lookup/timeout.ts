import type { AskLayer } from './ask.ts'
import { withinTime, type TimeLimit } from './wait.ts'

/** The longest one try may take: PROVIDER_UNREACHABLE then, and the request's signal is aborted. */
export function timeout(limit: TimeLimit): AskLayer {
  return (next) => (observables, signal) => withinTime((inner) => next(observables, inner), limit, signal)
}
