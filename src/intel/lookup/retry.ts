import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import type { AskLayer } from './ask.ts'
import { isTimeOut } from './wait.ts'

export interface RetryOptions {
  /** How often a failed request is tried again; 0: never. */
  readonly retries: number
  /** The first wait, doubled with each further one. Default 200 ms. */
  readonly baseMs?: number
  /** Default 5 s. */
  readonly maxMs?: number
  readonly clock: Clock
  /** 0 to 1. */
  readonly random?: () => number
}

/**
 * Tries a request again after a transient error. Not after a time-out: the server works on a request whose asker has gone, so
 * that the same again doubles its load (recorded with MISP 2.5.1); the layer `batch` asks for less instead. Never what
 * is permanent or throttled, and never after abort.
 *
 * A loop over our own clock, as cockatiel's retry waits with real timers and a test would have to wait, too.
 */
export function retry(options: RetryOptions): AskLayer {
  const { retries, clock } = options
  return (next) => async (observables, signal) => {
    for (let retried = 0; ; retried++) {
      try {
        return await next(observables, signal)
      } catch (error) {
        if (retried >= retries || signal.aborted || !isWorthIt(error)) throw error
        await clock.sleep(waitMs(retried, options), signal)
        if (signal.aborted) throw error
      }
    }
  }
}

function isWorthIt(error: unknown): boolean {
  return error instanceof AppError && error.retryability === 'transient' && !isTimeOut(error)
}

/** Between half of the wait and the whole, so that many askers do not come back in step. */
function waitMs(retried: number, { baseMs = 200, maxMs = 5000, random = Math.random }: RetryOptions): number {
  return Math.min(maxMs, baseMs * 2 ** retried) * (0.5 + 0.5 * random())
}
