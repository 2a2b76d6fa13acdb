import { onAbort } from '../../core/abort.ts'
import { observableKey, type Observable, type ObservableKey } from '../../core/observable.ts'
import type { Lookup, LookupLayer } from '../../core/ports.ts'
import type { Verdict } from '../../core/verdict.ts'
import { givenUp, leftOut, lookupError, unanswered } from './ask.ts'

/** One value being asked. */
interface Flight {
  readonly answer: Promise<Verdict>
  readonly controller: AbortController
  /** Callers that still wait for it. */
  callers: number
}

/**
 * One flight per value: while a value is being asked, further callers wait for the same answer. Each value goes down in a call
 * of its own, so that a caller waits for its own values only; the layer `batch` below puts them together again. A flight
 * is aborted when the last of its callers has left, and no earlier.
 */
export function coalesce(): LookupLayer {
  return (next) => {
    const flights = new Map<ObservableKey, Flight>()

    function join(observable: Observable, key: ObservableKey): Flight {
      const flight = flights.get(key) ?? start(next, observable, key)
      if (flight.callers === 0) {
        flights.set(key, flight)
        void flight.answer.then(() => forget(key, flight))
      }
      flight.callers += 1
      return flight
    }

    function leave(key: ObservableKey, flight: Flight): void {
      flight.callers -= 1
      if (flight.callers > 0) return
      forget(key, flight)
      flight.controller.abort()
    }

    function forget(key: ObservableKey, flight: Flight): void {
      if (flights.get(key) === flight) flights.delete(key)
    }

    return (observables, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve(noneOf(observables))
        const answers = new Map<ObservableKey, Verdict>()
        const waiting = new Map<ObservableKey, Flight>()
        const done = (): void => {
          unlisten()
          resolve(answers)
        }
        const giveUp = (): void => {
          const verdict = unanswered(givenUp())
          for (const [key, flight] of waiting) {
            answers.set(key, verdict)
            leave(key, flight)
          }
          waiting.clear()
          done()
        }
        const take = (key: ObservableKey, verdict: Verdict): void => {
          if (!waiting.delete(key)) return
          answers.set(key, verdict)
          if (waiting.size === 0) done()
        }
        const unlisten = onAbort(signal, giveUp)
        for (const observable of observables) {
          const key = observableKey(observable)
          if (!waiting.has(key)) waiting.set(key, join(observable, key))
        }
        if (waiting.size === 0) return done()
        for (const [key, { answer }] of waiting) void answer.then((verdict) => take(key, verdict))
      })
  }
}

function start(next: Lookup, observable: Observable, key: ObservableKey): Flight {
  const controller = new AbortController()
  const answer = next([observable], controller.signal).then(
    (answers) => answers.get(key) ?? unanswered(leftOut()),
    (error: unknown) => unanswered(lookupError(error)),
  )
  return { controller, callers: 0, answer }
}

function noneOf(observables: readonly Observable[]): ReadonlyMap<ObservableKey, Verdict> {
  const verdict = unanswered(givenUp())
  return new Map(observables.map((observable) => [observableKey(observable), verdict]))
}
