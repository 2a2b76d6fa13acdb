import type { Delivery, Sink } from '../core/ports.ts'
import { createTurns } from '../core/turns.ts'
import { partFor, type DeliverParts } from './outlet.ts'
import { untilTaken } from './until-taken.ts'

/** A sink without which nothing is acknowledged. */
export interface RequiredSink {
  /** True when the sink has accepted, false when the signal aborted before. Rejects when it can never work again. */
  deliver(delivery: Delivery, signal: AbortSignal): Promise<boolean>
  /** Whether it has not accepted all it was given. */
  isWaiting(): boolean
}

/** In the order of the calls, one at a time: the sinks beside it do not wait for it. */
export function createRequiredSink(sink: Sink, { clock, events }: DeliverParts): RequiredSink {
  const inTurn = createTurns()
  let open = 0
  return {
    isWaiting: () => open > 0,
    deliver: async (delivery, signal) => {
      const part = partFor(sink, delivery)
      if (part === undefined) return true
      open += 1
      try {
        return await inTurn(() =>
          untilTaken(() => sink.write(part, signal), { id: sink.id, clock, events, signal }),
        )
      } finally {
        open -= 1
      }
    },
  }
}
