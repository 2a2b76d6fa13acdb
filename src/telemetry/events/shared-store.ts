import { AppError, errorText } from '../../core/errors.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'

/** What the store that nodes share has to say. */
export interface SharedStoreEvents {
  /** The certificate of the server is not verified. */
  unverified(server: string): void
  up(server: string, version: string): void
  down(server: string, error: AppError, whenDown: 'local' | 'wait'): void
  /** What was written while it was away has been told to it. */
  told(entries: number): void
  notTold(error: unknown, entries: number): void
  /** A write of an outage is not told: too many came after it. */
  forgotten(): void
  /** So many writes wait to be told to it. */
  waiting(entries: number): void
  /** It refuses what nodes tell each other with: rates and hints are of each node then. */
  peersRefused(error: AppError): void
}

export function sharedStoreEvents(telemetry: Telemetry): SharedStoreEvents {
  const { logger, metrics, health } = telemetry
  const limited = limitRepeats(telemetry)
  return {
    unverified: (server) => logger.warn({ server }, 'The certificate of the shared store is not verified'),
    up: (server, version) => {
      metrics.set('shared_store_up', 1)
      health?.set('store', 'shared', 'ok')
      logger.info({ server, version }, 'The shared store is connected')
    },
    down: (server, error, whenDown) => {
      metrics.set('shared_store_up', 0)
      const state = whenDown === 'wait' ? 'failed' : 'degraded'
      health?.set('store', 'shared', state, error.message)
      metrics.count('shared_store_outages_total', 1)
      const { code, message, hint } = error
      logger.error({ server, code, error: message, hint, whenDown }, 'The shared store is away')
    },
    told: (entries) => logger.info({ entries }, 'The shared store knows what was written while it was away'),
    notTold: (error, entries) =>
      logger.warn(
        { error: errorText(error), entries },
        'The shared store could not be told all that was written while it was away',
      ),
    forgotten: () => {
      metrics.count('shared_store_forgotten_total', 1)
      limited('forgotten', (suppressed) =>
        logger.warn(
          { suppressed },
          'The shared store is away too long: the oldest writes are not told to it',
        ),
      )
    },
    waiting: (entries) => metrics.set('shared_store_journal_entries', entries),
    peersRefused: ({ code, message, hint }) =>
      limited('refused', (suppressed) =>
        logger.warn(
          { code, error: message, hint, suppressed },
          'The shared store refuses a command; each node keeps to the rate limits by itself',
        ),
      ),
  }
}
