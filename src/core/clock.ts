import { onAbort } from './abort.ts'

/** Time, as everything in Tripline reads it, so that tests never sleep. */
export interface Clock {
  /** Wall clock, milliseconds since 1970-01-01T00:00:00Z. For records and validity. May jump. */
  now(): number
  /** Monotonic milliseconds from an arbitrary start. For windows, intervals and durations. Never jumps. */
  monotonic(): number
  /** Resolves after `ms` milliseconds, or at once when `signal` is (or becomes) aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve()
      const done = (): void => {
        clearTimeout(timer)
        unlisten?.()
        resolve()
      }
      const timer = setTimeout(done, ms)
      const unlisten = signal && onAbort(signal, done)
    }),
}
