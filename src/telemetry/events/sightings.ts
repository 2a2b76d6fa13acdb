import type { AppError } from '../../core/errors.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'

/** What the sightings of a provider have to say. */
export interface SightingEvents {
  /** How many wait to be sent. */
  waiting(count: number): void
  sent(count: number): void
  /** Seen before in the interval, or counted together with one that waits. */
  spared(count: number): void
  /** The server, or what is known of the indicator, does not allow them: they are not tried again. */
  refused(count: number, reason: string): void
  dropped(count: number, maxQueued: number): void
  restored(count: number): void
  /** An attempt failed; the sightings are kept. */
  postponed(error: AppError, waiting: number, waitMs: number): void
  /** Nothing can be sent with this key on this server. Told when it begins: the caller remembers. */
  impossible(error: AppError, retryMs: number): void
  /** The server takes them by value only. Told when it begins: the caller remembers. */
  byValue(error: AppError): void
  possible(): void
}

export function sightingEvents(telemetry: Telemetry, provider: string): SightingEvents {
  return { ...outcomes(telemetry, provider), ...permissions(telemetry, provider) }
}

type Permissions = Pick<SightingEvents, 'impossible' | 'byValue' | 'possible'>

function outcomes(telemetry: Telemetry, provider: string): Omit<SightingEvents, keyof Permissions> {
  const { logger, metrics } = telemetry
  const limited = limitRepeats(telemetry)
  const count = (outcome: string, by: number): void =>
    metrics.count('sightings_total', by, { provider, outcome })
  return {
    waiting: (waiting) => metrics.set('sightings_queued', waiting, { provider }),
    sent: (by) => count('sent', by),
    spared: (by) => count('spared', by),
    refused: (by, reason) => {
      count('refused', by)
      limited('refused', (suppressed) =>
        logger.warn(
          { provider, count: by, reason, suppressed },
          'Sightings were refused and are not tried again: what was seen is gone at the server, or may not be seen',
        ),
      )
    },
    dropped: (by, maxQueued) => {
      count('dropped', by)
      limited('dropped', (suppressed) =>
        logger.warn(
          { provider, count: by, maxQueued, suppressed },
          'Too many sightings wait to be sent: further ones are dropped',
        ),
      )
    },
    restored: (waiting) => {
      if (waiting > 0) logger.info({ provider, waiting }, 'Sightings of an earlier run wait to be sent')
    },
    postponed: ({ code, message, hint }, waiting, waitMs) =>
      limited(`postponed ${code}`, (suppressed) =>
        logger.warn(
          { provider, code, error: message, hint, waiting, waitMs, suppressed },
          'Sightings could not be sent: they are kept and tried again',
        ),
      ),
  }
}

function permissions({ logger }: Telemetry, provider: string): Permissions {
  return {
    impossible: ({ code, message, hint }, retryMs) =>
      logger.error(
        { provider, code, error: message, hint, retryMs },
        'Sightings cannot be sent: they wait, and it is tried again from time to time',
      ),
    byValue: ({ code, message }) =>
      logger.warn(
        { provider, code, error: message },
        'Sightings are sent by value: the server counts each for every published attribute with that value',
      ),
    possible: () => logger.info({ provider }, 'Sightings can be sent again'),
  }
}
