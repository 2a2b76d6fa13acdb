import type { Clock } from '../../core/clock.ts'
import { toAppError, type AppError } from '../../core/errors.ts'

export interface SendingOptions {
  readonly clock: Clock
  /** Between two rounds. */
  readonly everyMs: number
  /** The longest wait after failures. */
  readonly maxBackOffMs: number
  /** Reads what an earlier run left; called until it has worked once. */
  restore(): Promise<void>
  /** Sends what is due; in the `last` round, on the way out, all there is. Rejects when the server failed. */
  flush(signal: AbortSignal, last: boolean): Promise<void>
  /** An attempt failed. */
  postponed(error: AppError, waitMs: number): void
}

/** How long `close` waits for the server. */
const CLOSE_MS = 3000
/** A server that asks for longer is not believed: MISP, for one, counts requests in windows of 15 minutes. */
const MAX_RETRY_AFTER_MS = 3_600_000

/** Sends sightings round by round until it is closed. */
export function startSending(options: SendingOptions): {
  /** Sends what it can in a few seconds. The client may be closed after it. */
  close(): Promise<void>
} {
  const { clock, everyMs } = options
  const closing = new AbortController()
  const hard = new AbortController()

  async function run(): Promise<void> {
    let restored = false
    let failures = 0
    // A server that failed just now is not asked once more on the way out.
    for (let last = false; !(last && failures > 0); last = closing.signal.aborted) {
      let waitMs = everyMs
      try {
        if (!restored) await options.restore()
        restored = true
        await options.flush(hard.signal, last)
        failures = 0
      } catch (error) {
        if (hard.signal.aborted) return
        failures += 1
        const known = toAppError(error)
        waitMs = backOff(options, failures, known.retryAfterMs)
        options.postponed(known, waitMs)
      }
      if (last) return
      await clock.sleep(waitMs, closing.signal)
    }
  }

  const ended = run()
  return {
    close: async () => {
      closing.abort()
      const over = new AbortController()
      await Promise.race([ended, clock.sleep(CLOSE_MS, over.signal)])
      over.abort()
      hard.abort()
      await ended
    },
  }
}

/** Doubles with each failure up to the cap; half of it is left to chance, so that clients do not come together. */
function backOff({ everyMs, maxBackOffMs }: SendingOptions, failures: number, retryAfterMs = 0): number {
  const doubled = everyMs * 2 ** Math.min(failures, 20)
  const capped = Math.min(doubled, Math.max(maxBackOffMs, everyMs))
  return Math.round(Math.max(capped * (0.5 + Math.random() / 2), Math.min(retryAfterMs, MAX_RETRY_AFTER_MS)))
}
