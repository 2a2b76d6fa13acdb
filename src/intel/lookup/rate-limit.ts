import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import type { RateLimitOf } from '../../telemetry/events/lookup.ts'
import type { AskLayer } from './ask.ts'
import { createTurns, type TurnOptions } from './turns.ts'

export interface RateLimitOptions extends TurnOptions {
  /** Who would have to wait longer is refused. Default 2 s; never less than two spacings. */
  readonly maxWaitMs?: number
  readonly clock: Clock
  /** What the provider said last of its own limit; `resetMs` from now. Undefined or a reset that is past: no limit. */
  readonly serverLimit?: () => { readonly remaining: number; readonly resetMs: number } | undefined
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
 *
 * Nodes that share a store have one budget. Where it gives no answer the limits hold for this node by itself, which counts
 * what it was given before.
 */
export function createRateLimit(options: RateLimitOptions): RateLimit {
  const { spacingMs, clock, events } = options
  // Two requests at a time never wait longer for the spacing alone.
  const maxWaitMs = Math.max(options.maxWaitMs ?? 2000, 2 * spacingMs)
  const takeTurn = createTurns(options, maxWaitMs)
  const pauses = createPauses(options)
  /** Monotonic. */
  let nextStart = -Infinity

  async function wait(ms: number, limit: RateLimitOf, signal: AbortSignal): Promise<void> {
    await clock.sleep(ms, signal)
    signal.throwIfAborted()
    events.rateWaited(limit, ms)
  }

  function refusal(waitMs: number): AppError {
    const byProvider = pauses.leftMs() > 0
    const error = tooOften(waitMs, byProvider)
    if (byProvider) pauses.tell(error, waitMs)
    else events.rateLimited(error, waitMs)
    events.rateRefused(byProvider ? 'server' : 'settings')
    return error
  }

  /** Resolves when a request may start. */
  async function admitted(signal: AbortSignal): Promise<void> {
    const giveUpAt = clock.monotonic() + maxWaitMs
    for (;;) {
      const now = clock.monotonic()
      let waitMs = Math.max(pauses.leftMs(), nextStart - now)
      if (waitMs <= 0) {
        nextStart = now + spacingMs
        const turn = await takeTurn(giveUpAt - now)
        if (turn.granted && turn.waitMs > 0) await wait(turn.waitMs, 'settings', signal)
        if (turn.granted && pauses.leftMs() <= 0) return
        waitMs = turn.granted ? pauses.leftMs() : turn.waitMs
      }
      if (clock.monotonic() + waitMs > giveUpAt) throw refusal(waitMs)
      await wait(waitMs, pauses.leftMs() > 0 ? 'server' : 'settings', signal)
    }
  }

  return {
    waitMs: () => pauses.leftMs(),
    layer: (next) => async (observables, signal) => {
      await admitted(signal)
      try {
        return await next(observables, signal)
      } catch (error) {
        if (error instanceof AppError && error.code === 'PROVIDER_THROTTLED') pauses.begin(error)
        throw error
      }
    },
  }
}

interface Pauses {
  /** 0: there is none. */
  leftMs(): number
  begin(error: AppError): void
  tell(error: AppError, waitMs: number): void
}

/** What the provider said itself, in an answer or with its headers. */
function createPauses({ clock, events, serverLimit }: RateLimitOptions): Pauses {
  /** Monotonic. */
  let pausedUntil = -Infinity
  let toldUntil = -Infinity

  /** Once a pause, however it was noticed: the headers of a good answer are enough, no 429 need come. */
  function tell(error: AppError, waitMs: number): void {
    if (clock.monotonic() < toldUntil) return
    toldUntil = clock.monotonic() + waitMs
    events.throttled(error, waitMs)
  }

  return {
    tell,
    leftMs: () => {
      const server = serverLimit?.()
      const serverMs =
        server !== undefined && server.remaining <= 0 ? Math.min(server.resetMs, MAX_PAUSE_MS) : 0
      return Math.max(0, pausedUntil - clock.monotonic(), serverMs)
    },
    begin: (error) => {
      const waitMs = Math.min(error.retryAfterMs ?? DEFAULT_PAUSE_MS, MAX_PAUSE_MS)
      pausedUntil = Math.max(pausedUntil, clock.monotonic() + waitMs)
      tell(error, waitMs)
    },
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
