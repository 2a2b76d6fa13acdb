import { AppError } from '../core/errors.ts'
import type { Clock } from '../core/clock.ts'
import type { Delivery, Sink } from '../core/ports.ts'
import type { PipelineEvents } from '../telemetry/events/pipeline.ts'

const FIRST_WAIT_MS = 250
const MAX_WAIT_MS = 10_000

/** Hands a delivery to every sink and resolves when all have accepted it; true unless aborted before. */
export type Deliver = (delivery: Delivery, signal: AbortSignal) => Promise<boolean>

/**
 * A sink that refuses is asked again for as long as it takes, with growing waits: a full disk stops the reading, it
 * loses nothing. A permanent refusal (the reader of standard output has gone) ends the run. The other sinks are not asked twice for the same delivery.
 */
export function createDeliver(sinks: readonly Sink[], clock: Clock, events: PipelineEvents): Deliver {
  return async (delivery, signal) => {
    if (delivery.matches.length === 0 && delivery.parsed.length === 0) return true
    const accepted = await Promise.all(
      sinks.map((sink) => deliverTo(sink, delivery, { clock, events, signal })),
    )
    return accepted.every(Boolean)
  }
}

interface Context {
  readonly clock: Clock
  readonly events: PipelineEvents
  readonly signal: AbortSignal
}

async function deliverTo(
  sink: Sink,
  delivery: Delivery,
  { clock, events, signal }: Context,
): Promise<boolean> {
  for (
    let attempt = 1, waitMs = FIRST_WAIT_MS;
    !signal.aborted;
    attempt++, waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)
  ) {
    try {
      await sink.write(delivery, signal)
      if (attempt > 1) events.deliveryResumed(sink.id, attempt)
      return true
    } catch (error) {
      if (signal.aborted) return false
      if (error instanceof AppError && error.retryability === 'permanent') throw error
      events.deliveryFailed(sink.id, error, waitMs)
      await clock.sleep(waitMs, signal)
    }
  }
  return false
}
