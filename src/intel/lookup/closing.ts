import { joined, type Joined } from '../../core/abort.ts'
import { observableKey } from '../../core/observable.ts'
import type { Lookup } from '../../core/ports.ts'
import { givenUp, unanswered } from './ask.ts'

export interface ClosableLookup {
  readonly lookup: Lookup
  /** Ends what is being looked up and resolves when all callers have their verdicts; further look-ups are unanswered. */
  close(): Promise<void>
}

interface Shared extends Joined {
  users: number
}

/** Callers that gave up waiting leave look-ups behind: nothing may use the store or the network after `close`. */
export function closable(lookup: Lookup): ClosableLookup {
  const closing = new AbortController()
  const running = new Set<Promise<unknown>>()
  /** One for all look-ups of a signal: thousands of them run at a time. */
  const shared = new Map<AbortSignal, Shared>()

  async function untilClosed<Result>(
    signal: AbortSignal,
    work: (both: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const both = shared.get(signal) ?? { ...joined(signal, closing.signal), users: 0 }
    shared.set(signal, both)
    both.users += 1
    try {
      return await work(both.signal)
    } finally {
      both.users -= 1
      if (both.users === 0) {
        shared.delete(signal)
        both.release()
      }
    }
  }

  return {
    lookup: async (observables, signal) => {
      if (closing.signal.aborted)
        return new Map(observables.map((each) => [observableKey(each), unanswered(givenUp())]))
      const work = untilClosed(signal, (both) => lookup(observables, both))
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
