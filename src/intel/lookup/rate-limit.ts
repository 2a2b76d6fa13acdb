import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import type { LookupEvents } from '../../telemetry/events/lookup.ts'
import type { AskLayer } from './ask.ts'

export interface RateLimitOptions {
  /** Least time between the starts of two requests. */
  readonly spacingMs: number
  /** Most requests in one window. */
  readonly burst: number
  readonly windowMs: number
  /** Who would have to wait longer is refused. Default 2 s; never less than two spacings. */
  readonly maxWaitMs?: number
  readonly clock: Clock
  readonly events: LookupEvents
  /** What the provider said last of its own limit; `resetMs` from now. Undefined or a reset that is past: no limit. */
  serverLimit?(): { readonly remaining: number; readonly resetMs: number } | undefined
}

export interface RateLimit {
  readonly layer: AskLayer
  /** Until the provider may be asked, as far as it said so itself; 0: now. */
  waitMs(): number
}

/** When a throttling provider does not say for how long. */
const DEFAULT_PAUSE_MS = 30_000
/** However long it says: MISP's window is 900 s, and a misread header must not silence a provider for ever. */
const MAX_PAUSE_MS = 3_600_000

/**
 * Holds requests to the limits of the settings and to those of the provider. It waits a little and refuses, with
 * PROVIDER_THROTTLED and `retryAfterMs`, what would have to wait long: that is kept and asked later, so that alerts flow on.
 */
export function createRateLimit(options: RateLimitOptions): RateLimit {
  const { spacingMs, clock, events } = options
  // Two requests at a time never wait longer for the spacing alone.
  const maxWaitMs = Math.max(options.maxWaitMs ?? 2000, 2 * spacingMs)
  const takeToken = burstWindow(options)
  const tellPause = oncePerPause(options)
  /** Monotonic. */
  let pausedUntil = -Infinity
  let nextStart = -Infinity

  function pauseMs(): number {
    const server = options.serverLimit?.()
    const serverMs =
      server !== undefined && server.remaining <= 0 ? Math.min(server.resetMs, MAX_PAUSE_MS) : 0
    return Math.max(0, pausedUntil - clock.monotonic(), serverMs)
  }

  /** Resolves when a request may start. */
  async function admitted(signal: AbortSignal): Promise<void> {
    const giveUpAt = clock.monotonic() + maxWaitMs
    for (;;) {
      const now = clock.monotonic()
      let waitMs = Math.max(pauseMs(), nextStart - now)
      if (waitMs <= 0) {
        nextStart = now + spacingMs
        waitMs = await takeToken()
        if (waitMs <= 0) return
      }
      if (clock.monotonic() + waitMs > giveUpAt) {
        const byProvider = pauseMs() > 0
        const error = tooOften(waitMs, byProvider)
        if (byProvider) tellPause(error, waitMs)
        else events.rateLimited(error, waitMs)
        throw error
      }
      await clock.sleep(waitMs, signal)
      signal.throwIfAborted()
    }
  }

  function noteThrottling(error: AppError): void {
    const waitMs = Math.min(error.retryAfterMs ?? DEFAULT_PAUSE_MS, MAX_PAUSE_MS)
    pausedUntil = Math.max(pausedUntil, clock.monotonic() + waitMs)
    tellPause(error, waitMs)
  }

  return {
    waitMs: pauseMs,
    layer: (next) => async (observables, signal) => {
      await admitted(signal)
      try {
        return await next(observables, signal)
      } catch (error) {
        if (error instanceof AppError && error.code === 'PROVIDER_THROTTLED') noteThrottling(error)
        throw error
      }
    },
  }
}

/** Told once a pause, however it was noticed: the headers of a good answer are enough, no 429 need come. */
function oncePerPause({ clock, events }: RateLimitOptions): LookupEvents['throttled'] {
  let toldUntil = -Infinity
  return (error, waitMs) => {
    if (clock.monotonic() < toldUntil) return
    toldUntil = clock.monotonic() + waitMs
    events.throttled(error, waitMs)
  }
}

/**
 * Takes one of the window's requests: 0, or how long until the next window. The limiter goes by the wall clock and its own
 * timer; a wait longer than a window can only come from a clock that was set.
 */
function burstWindow({ burst, windowMs }: RateLimitOptions): () => Promise<number> {
  const limiter = new RateLimiterMemory({ points: burst, duration: windowMs / 1000 })
  return async () => {
    try {
      await limiter.consume('requests')
      return 0
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused
      return Math.min(windowMs, Math.max(1, refused.msBeforeNext))
    }
  }
}

function tooOften(retryAfterMs: number, byProvider: boolean): AppError {
  return byProvider
    ? new AppError('PROVIDER_THROTTLED', 'The provider wants to be asked less often', {
        retryAfterMs,
        hint: 'Raise the limit of the role Tripline uses there, or use a mirror instead of online look-ups.',
      })
    : new AppError(
        'PROVIDER_THROTTLED',
        'More is looked up than the rate limit of the settings lets through',
        {
          retryAfterMs,
          hint: 'Raise the rate limit or the batch size of the provider, or use a mirror instead of online look-ups.',
        },
      )
}
