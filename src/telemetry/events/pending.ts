import type { ComponentId } from '../../core/indicator.ts'
import type { HoldReason } from '../../core/match.ts'
import { errorText } from '../../core/errors.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'

export interface PendingSize {
  readonly alerts: number
  readonly bytes: number
  /** Of the oldest, by the monotonic clock. */
  readonly bornAt?: number
}

/** `unanswerable`: the provider answers, with more about a value than can be read. */
type PendingDrop = 'limit' | 'age' | 'damaged' | 'unanswerable'

/** What the queue of unanswered alerts, and who asks again, have to say. */
export interface PendingEvents {
  /** `now`: monotonic. */
  sized(provider: ComponentId, size: PendingSize, now: number): void
  /** At start: left by an earlier process. */
  found(provider: ComponentId, chunks: readonly { readonly alerts: number }[]): void
  /** At start: of a provider that is not configured any more. */
  orphaned(provider: ComponentId, alerts: number): void
  /** At start: written by a later version, in so many batches. */
  foreign(provider: ComponentId, batches: number): void
  /** At a bound; reading waits. */
  full(provider: ComponentId, size: PendingSize): void
  /** `error`: why, where the reason does not say it all. */
  dropped(provider: ComponentId, reason: PendingDrop, alerts: number, error?: unknown): void
  /** Unanswered alerts were put aside; `size` is what waits now. */
  putAside(provider: ComponentId, alerts: number, size: PendingSize): void
  /** Matches found late, and why others are held back. */
  answeredLate(provider: ComponentId, matches: number, held: readonly HoldReason[]): void
  /** All that waited was answered. */
  drained(provider: ComponentId, alerts: number, ms: number): void
  drainFailed(provider: ComponentId, error: unknown, retryInMs: number): void
}

export function pendingEvents(telemetry: Telemetry): PendingEvents {
  const { logger, metrics } = telemetry
  const limited = limitRepeats(telemetry)
  return {
    sized: (provider, { alerts, bytes, bornAt }, now) => {
      metrics.set('pending_alerts', alerts, { provider })
      metrics.set('pending_bytes', bytes, { provider })
      metrics.set('pending_age_seconds', bornAt === undefined ? 0 : (now - bornAt) / 1000, {
        provider,
      })
    },
    ...startEvents(telemetry),
    full: (provider, { alerts, bytes }) =>
      limited(`full ${provider}`, (suppressed) =>
        logger.error(
          { provider, alerts, bytes, suppressed },
          'Too many alerts wait for an answer (online.pending); reading waits until there is room, nothing is lost',
        ),
      ),
    dropped: (provider, reason, alerts, error) => {
      metrics.count('pending_dropped_total', alerts, { provider, reason })
      limited(`dropped ${provider} ${reason}`, (suppressed) =>
        logger.error(
          {
            provider,
            reason,
            alerts,
            ...(error === undefined ? {} : { error: errorText(error) }),
            suppressed,
          },
          'Alerts that waited for an answer were given up; they are not looked up at this provider',
        ),
      )
    },
    putAside: (provider, alerts, size) =>
      limited(`aside ${provider}`, (suppressed) =>
        logger.warn(
          { provider, alerts, waiting: size.alerts, suppressed },
          'The provider did not answer in time; alerts are kept and asked for again',
        ),
      ),
    answeredLate: (provider, matches, held) => {
      metrics.count('matches_delayed_total', matches, { provider })
      for (const reason of held) metrics.count('matches_suppressed_total', 1, { reason })
    },
    drained: (provider, alerts, ms) =>
      logger.info(
        { provider, alerts, ms },
        'The provider answers again; all alerts that waited are answered',
      ),
    drainFailed: (provider, error, retryInMs) =>
      limited(`drain ${provider}`, (suppressed) =>
        logger.error(
          { provider, error: errorText(error), retryInMs, suppressed },
          'Alerts that wait for an answer could not be worked on; tried again',
        ),
      ),
  }
}

/** What is left of an earlier process. */
function startEvents({ logger }: Telemetry): Pick<PendingEvents, 'found' | 'orphaned' | 'foreign'> {
  return {
    found: (provider, chunks) =>
      logger.info(
        { provider, alerts: chunks.reduce((sum, { alerts }) => sum + alerts, 0) },
        'Alerts still wait for an answer of the provider from before the start',
      ),
    orphaned: (provider, alerts) =>
      logger.warn(
        { provider, alerts },
        'Alerts wait for a provider that is not configured any more; they are forgotten after online.pending.maxAge',
      ),
    foreign: (provider, batches) =>
      logger.warn(
        { provider, batches },
        'Alerts wait for an answer that a later version has put aside; they are left to it',
      ),
  }
}
