import { observableKey } from '../../core/observable.ts'
import type { LookupLayer } from '../../core/ports.ts'
import type { LookupAnswer, LookupEvents } from '../../telemetry/events/lookup.ts'

/** Counts what each observable that was looked up got for an answer. */
export function measure({ events }: { readonly events: LookupEvents }): LookupLayer {
  return (next) => async (observables, signal) => {
    const answers = await next(observables, signal)
    const counts = new Map<LookupAnswer, number>()
    for (const observable of observables) {
      const answer = answers.get(observableKey(observable))?.kind ?? 'unanswered'
      counts.set(answer, (counts.get(answer) ?? 0) + 1)
    }
    events.lookedUp(counts)
    return answers
  }
}
