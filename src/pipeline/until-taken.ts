import { AppError } from '../core/errors.ts'
import type { Clock } from '../core/clock.ts'
import type { ComponentId } from '../core/indicator.ts'
import type { DeliveryEvents } from '../telemetry/events/delivery.ts'

const FIRST_WAIT_MS = 250
const MAX_WAIT_MS = 10_000
/** Something on a disk takes milliseconds; a disk that wakes up takes seconds. */
const FIRST_TELL_MS = 10_000
const TELL_MS = 30_000

export interface Taking {
  /** Of what is to take it, for what is told. */
  readonly id: ComponentId
  readonly clock: Clock
  readonly events: Pick<DeliveryEvents, 'refused' | 'silent' | 'taken'>
  readonly signal: AbortSignal
}

/**
 * Calls until the work is done, with growing waits and without end: a full disk stops the reading, it loses nothing. A refusal is
 * told at once, and silence after a while, then both again and again with their age. True when it is done, false when the signal
 * aborted before. Rejects with a permanent AppError.
 */
export async function untilTaken(work: () => Promise<void>, taking: Taking): Promise<boolean> {
  const { id, clock, events, signal } = taking
  const since = clock.monotonic()
  const done = new AbortController()
  const age = (): number => Math.round(clock.monotonic() - since)
  void tellSilence(taking, age, done.signal)
  try {
    for (let attempt = 1, waitMs = FIRST_WAIT_MS; !signal.aborted; attempt++, waitMs = doubled(waitMs)) {
      try {
        await work()
        events.taken(id, attempt, age())
        return true
      } catch (error) {
        if (signal.aborted) return false
        if (error instanceof AppError && error.retryability === 'permanent') throw error
        events.refused(id, error, { retryInMs: waitMs, ageMs: age() })
        await clock.sleep(waitMs, signal)
      }
    }
    return false
  } finally {
    done.abort()
  }
}

export function doubled(waitMs: number): number {
  return Math.min(waitMs * 2, MAX_WAIT_MS)
}

/** Also while it refuses: the waits between two attempts are shorter. */
async function tellSilence(
  { id, clock, events }: Taking,
  age: () => number,
  done: AbortSignal,
): Promise<void> {
  for (let waitMs = FIRST_TELL_MS; ; waitMs = TELL_MS) {
    await clock.sleep(waitMs, done)
    if (done.aborted) return
    events.silent(id, age())
  }
}
