import type { Clock } from '../../core/clock.ts'

/** Waits until the next request may be sent: `leastMs` after the last one, or at once after abort. */
export function createPace(leastMs: number, clock: Clock): (signal: AbortSignal) => Promise<void> {
  let next = 0
  return async (signal) => {
    const now = clock.monotonic()
    const waitMs = next - now
    next = Math.max(next, now) + leastMs
    if (waitMs > 0) await clock.sleep(waitMs, signal)
  }
}
