import { errorText, type AppError } from '../../core/errors.ts'
import { codeAndHint } from '../error-fields.ts'
import { limitRepeats, type LimitRepeats, type Telemetry } from '../telemetry.ts'

export type LookupAnswer = 'hit' | 'miss' | 'unanswered'
/** Where the answer for a value came from; `stale`: from the cache beyond its time, as nobody could be asked. */
export type AnsweredFrom = 'cache' | 'stale' | 'online' | 'unanswered'

/** What the look-up layers of one provider have to say. */
export interface LookupEvents {
  lookedUp(counts: ReadonlyMap<LookupAnswer, number>): void
  valuesAnswered(counts: ReadonlyMap<AnsweredFrom, number>): void
  cacheFailed(operation: 'read' | 'write', error: unknown): void
  /** An answer in the store that cannot be understood: the value is asked anew. */
  cacheDamaged(): void
  /** An answer is remembered in memory only: `full`: there are too many in the store; `slow`: too many are being written. */
  cacheNotStored(reason: 'full' | 'slow'): void
  /** More values wait for an answer than may: the rest is unanswered at once. */
  queueFull(waiting: number): void
  batchResized(from: number, to: number): void
  /** The provider failed too often and is left alone for a while. */
  breakerOpened(error: unknown, retryInMs: number): void
  breakerProbing(): void
  breakerStillOpen(error: unknown, retryInMs: number): void
  breakerClosed(downMs: number): void
  throttled(error: AppError, retryInMs: number): void
  /** The settings let through less than is looked up. */
  rateLimited(error: AppError, retryInMs: number): void
  rateWaited(limit: RateLimitOf, ms: number): void
  rateRefused(limit: RateLimitOf): void
  /** Where the turn of a request came from, where nodes share their limits. */
  rateShared(outcome: 'shared' | 'local' | 'damaged'): void
  hintLeft(): void
  /** Another node could not ask the provider. */
  hintSeen(code: string): void
  /** Neither could this one. */
  hintConfirmed(): void
  hintDamaged(): void
}

/** Whose limit a request waits for: that of the settings, or what the platform said. */
export type RateLimitOf = 'settings' | 'server'

export function lookupEvents(telemetry: Telemetry, provider: string): LookupEvents {
  const about = { telemetry, provider, limited: limitRepeats(telemetry) }
  telemetry.metrics.set('provider_breaker_open', 0, { provider })
  return { ...answerEvents(about), ...breakerEvents(about), ...nodeEvents(about) }
}

interface About {
  readonly telemetry: Telemetry
  readonly provider: string
  readonly limited: LimitRepeats
}

type BreakerEvents = Pick<
  LookupEvents,
  | 'breakerOpened'
  | 'breakerProbing'
  | 'breakerStillOpen'
  | 'breakerClosed'
  | 'throttled'
  | 'rateLimited'
  | 'rateWaited'
  | 'rateRefused'
>
type NodeEvents = Pick<LookupEvents, 'rateShared' | 'hintLeft' | 'hintSeen' | 'hintConfirmed' | 'hintDamaged'>

function answerEvents({
  telemetry: { logger, metrics },
  provider,
  limited,
}: About): Omit<LookupEvents, keyof BreakerEvents | keyof NodeEvents> {
  return {
    lookedUp: (counts) => {
      for (const [answer, count] of counts) metrics.count('lookups_total', count, { provider, answer })
    },
    valuesAnswered: (counts) => {
      for (const [from, count] of counts) metrics.count('lookup_values_total', count, { provider, from })
    },
    cacheFailed: (operation, error) => {
      metrics.count('lookup_cache_errors_total', 1, { provider, reason: operation })
      limited(`cache ${operation}`, (suppressed) =>
        logger.error(
          { provider, operation, error: errorText(error), suppressed },
          'The store of remembered answers failed; values are asked more often than needed',
        ),
      )
    },
    cacheDamaged: () => {
      metrics.count('lookup_cache_errors_total', 1, { provider, reason: 'damaged' })
      limited('cache damaged', (suppressed) =>
        logger.warn(
          { provider, suppressed },
          'A remembered answer could not be understood; it is asked anew',
        ),
      )
    },
    cacheNotStored: (reason) => {
      metrics.count('lookup_answers_not_stored_total', 1, { provider, reason })
      limited(`cache ${reason}`, (suppressed) =>
        logger.warn(
          { provider, reason, suppressed },
          'Answers are remembered in memory only; after a start their values are asked again',
        ),
      )
    },
    queueFull: (waiting) =>
      limited('queue', (suppressed) =>
        logger.warn(
          { provider, waiting, suppressed },
          'Too many values wait for an answer of the provider; further ones are asked later',
        ),
      ),
    batchResized: (from, to) => logger.debug({ provider, from, to }, 'The size of look-ups was changed'),
  }
}

function breakerEvents({ telemetry, provider, limited }: About): BreakerEvents {
  const { logger, metrics, health } = telemetry
  return {
    breakerOpened: (error, retryInMs) => {
      metrics.set('provider_breaker_open', 1, { provider })
      health?.set(`provider ${provider}`, 'look-ups', 'degraded', `it cannot be asked: ${errorText(error)}`)
      logger.error(
        { provider, ...codeAndHint(error), error: errorText(error), retryInMs: Math.round(retryInMs) },
        'The provider cannot be asked; it is left alone for a while, and alerts are kept to be asked later',
      )
    },
    breakerProbing: () => logger.debug({ provider }, 'Trying whether the provider answers again'),
    breakerStillOpen: (error, retryInMs) =>
      limited('still', (suppressed) =>
        logger.info(
          {
            provider,
            ...codeAndHint(error),
            error: errorText(error),
            retryInMs: Math.round(retryInMs),
            suppressed,
          },
          'The provider still cannot be asked',
        ),
      ),
    breakerClosed: (downMs) => {
      metrics.set('provider_breaker_open', 0, { provider })
      health?.set(`provider ${provider}`, 'look-ups', 'ok')
      logger.info({ provider, downMs: Math.round(downMs) }, 'The provider answers again')
    },
    throttled: (error, retryInMs) =>
      limited('throttled', (suppressed) =>
        logger.warn(
          {
            provider,
            ...codeAndHint(error),
            error: error.message,
            retryInMs: Math.round(retryInMs),
            suppressed,
          },
          'The provider limits how often it may be asked; it is asked again when it allows it',
        ),
      ),
    rateLimited: ({ hint }, retryInMs) =>
      limited('rate limit', (suppressed) =>
        logger.warn(
          { provider, hint, retryInMs: Math.round(retryInMs), suppressed },
          'More is looked up than the rate limit of the settings lets through; the rest is asked later',
        ),
      ),
    rateWaited: (reason, ms) =>
      metrics.count('lookup_rate_wait_seconds_total', ms / 1000, { provider, reason }),
    rateRefused: (reason) => metrics.count('lookup_rate_refused_total', 1, { provider, reason }),
  }
}

/** What comes of sharing a store with other nodes. */
function nodeEvents({ telemetry: { logger, metrics }, provider, limited }: About): NodeEvents {
  const hints = (outcome: string): void =>
    metrics.count('lookup_breaker_hints_total', 1, { provider, outcome })
  const foreign = (): void =>
    limited('foreign', (suppressed) =>
      logger.warn(
        { provider, suppressed },
        'What another node seems to have left in the shared store could not be understood',
      ),
    )
  return {
    rateShared: (outcome) => {
      metrics.count('lookup_shared_rate_total', 1, { provider, outcome })
      if (outcome === 'damaged') foreign()
    },
    hintLeft: () => hints('left'),
    hintSeen: (code) => {
      hints('seen')
      logger.info(
        { provider, code },
        'Another node could not ask the provider; it is tried before it is asked',
      )
    },
    hintConfirmed: () => hints('confirmed'),
    hintDamaged: () => {
      hints('damaged')
      foreign()
    },
  }
}
