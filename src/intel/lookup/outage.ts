import { ExponentialBackoff, type IBackoff } from 'cockatiel'
import type { Clock } from '../../core/clock.ts'
import { AppError, errorText, type ErrorCode } from '../../core/errors.ts'
import type { ComponentId } from '../../core/indicator.ts'
import type { Notice } from '../../core/ports.ts'
import type { LookupEvents } from '../../telemetry/events/lookup.ts'
import { lookupError } from './ask.ts'
import type { BreakerHints } from './breaker-hints.ts'

export interface OutageOptions {
  readonly provider: ComponentId
  /** How long the provider is left alone at first; doubled with each failed probe. */
  readonly openMs: number
  readonly maxOpenMs: number
  readonly clock: Clock
  readonly events: LookupEvents
  /** 0 to 1. */
  readonly random?: () => number
  /** Called when a trouble begins, and when it is over. */
  readonly onNotice?: (notice: Notice) => void
  /** Tells the other nodes; absent where there are none. */
  readonly hints?: BreakerHints
}

/** When a provider that failed is tried again, and what is told of it. */
export interface Outage {
  /** It failed too often, or its probe failed. */
  failed(error: unknown): void
  over(): void
  /** 0 when it is time. */
  retryInMs(): number
  /** The answer to everybody who asks meanwhile. */
  refusal(): AppError
}

interface Trouble {
  readonly since: number
  readonly backoff: IBackoff<unknown>
  readonly error: AppError
  /** Monotonic. */
  readonly retryAt: number
}

/**
 * Time is the monotonic clock's: cockatiel's breaker goes by the wall clock, and would stay open for as long as that is
 * set back.
 */
export function createOutage(options: OutageOptions): Outage {
  const { provider, openMs, maxOpenMs, clock, events, random = Math.random } = options
  const backoffs = new ExponentialBackoff<number>({
    initialDelay: openMs,
    maxDelay: maxOpenMs,
    // Up to a fifth less than the full wait, so that several askers do not come back in step.
    generator: (attempt = 0, { initialDelay, maxDelay }) => [
      Math.min(maxDelay, initialDelay * 2 ** attempt) * (0.8 + 0.2 * random()),
      attempt + 1,
    ],
  })
  let trouble: Trouble | undefined

  function notify(kind: Notice['kind'], code: ErrorCode, message: string): void {
    options.onNotice?.({ provider, kind, code, message, at: clock.now() })
  }

  return {
    failed: (thrown) => {
      const error = lookupError(thrown)
      const now = clock.monotonic()
      const backoff = trouble?.backoff.next(undefined) ?? backoffs.next()
      const waitMs = Math.max(backoff.duration, Math.min(error.retryAfterMs ?? 0, maxOpenMs))
      const before = trouble
      trouble = { since: before?.since ?? now, backoff, error, retryAt: now + waitMs }
      options.hints?.leave(error.code, waitMs)
      if (before !== undefined) return events.breakerStillOpen(error, waitMs)
      events.breakerOpened(error, waitMs)
      notify('failing', error.code, errorText(error))
    },
    over: () => {
      if (trouble === undefined) return
      const { since, error } = trouble
      trouble = undefined
      events.breakerClosed(clock.monotonic() - since)
      notify('recovered', error.code, 'The provider answers again.')
    },
    retryInMs: () => (trouble === undefined ? 0 : Math.max(0, trouble.retryAt - clock.monotonic())),
    refusal: () => {
      const retryAfterMs = trouble === undefined ? 0 : Math.max(0, trouble.retryAt - clock.monotonic())
      const { error } = trouble ?? {}
      return new AppError(
        'PROVIDER_UNREACHABLE',
        'The provider failed too often and is left alone for a while',
        {
          retryAfterMs,
          cause: error,
          ...(error?.hint === undefined ? {} : { hint: error.hint }),
        },
      )
    },
  }
}
