import { observableKey } from '../../core/observable.ts'
import type { Lookup } from '../../core/ports.ts'
import { givenUp, unanswered } from './ask.ts'

export interface ClosableLookup {
  readonly lookup: Lookup
  /** Ends what is being looked up and resolves when all callers have their verdicts; further look-ups are unanswered. */
  close(): Promise<void>
}

/** Callers that gave up waiting leave look-ups behind: nothing may use the store or the network after `close`. */
export function closable(lookup: Lookup): ClosableLookup {
  const closing = new AbortController()
  const running = new Set<Promise<unknown>>()
  /** One for each signal of a caller, and these live long: a signal made for each look-up would hang on ours for ever. */
  const joined = new WeakMap<AbortSignal, AbortSignal>()

  function join(signal: AbortSignal): AbortSignal {
    const known = joined.get(signal)
    if (known !== undefined) return known
    const both = AbortSignal.any([signal, closing.signal])
    joined.set(signal, both)
    return both
  }

  return {
    lookup: async (observables, signal) => {
      if (closing.signal.aborted)
        return new Map(observables.map((each) => [observableKey(each), unanswered(givenUp())]))
      const work = lookup(observables, join(signal))
      running.add(work)
      try {
        return await work
      } finally {
        running.delete(work)
      }
    },
    close: async () => {
      closing.abort()
      await Promise.allSettled(running)
    },
  }
}
