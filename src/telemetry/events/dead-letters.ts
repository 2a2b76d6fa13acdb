import type { DeadLetterReason } from '../../core/dead-letter.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'

export interface DeadLetterEvents {
  /** At start: left by an earlier process. */
  found(folder: string, bytes: number): void
  kept(reason: DeadLetterReason, letters: number, file: string): void
  /** All of them together; `oldest`: milliseconds since 1970, undefined when there are none. */
  sized(bytes: number, oldest: number | undefined): void
  /** A file of the oldest was removed to make room. */
  removed(file: string, letters: number): void
  /** `memory`: too many waited for the disk; `stopped`: not written when Tripline stopped. */
  lost(reason: 'memory' | 'stopped', letters: number): void
}

export function deadLetterEvents(telemetry: Telemetry): DeadLetterEvents {
  const { logger, metrics } = telemetry
  const limited = limitRepeats(telemetry)
  return {
    found: (folder, bytes) =>
      logger.info({ folder, bytes }, 'Dead letters of earlier runs are kept: look at them and remove them'),
    kept: (reason, letters, file) => {
      metrics.count('dead_letters_total', letters, { reason })
      limited(`kept ${reason}`, (suppressed) =>
        logger.warn(
          { reason, letters, file, suppressed },
          'Something cannot be examined or delivered; it is kept as a dead letter',
        ),
      )
    },
    sized: (bytes, oldest) => {
      metrics.set('dead_letters_bytes', bytes)
      metrics.set('dead_letters_oldest_timestamp_seconds', oldest === undefined ? 0 : oldest / 1000)
    },
    removed: (file, letters) => {
      metrics.count('dead_letters_dropped_total', letters, { reason: 'limit' })
      limited('removed', (suppressed) =>
        logger.error(
          { file, letters, suppressed },
          'Too many dead letters (deadLetters.maxSize): the oldest were removed',
        ),
      )
    },
    lost: (reason, letters) => {
      metrics.count('dead_letters_dropped_total', letters, { reason })
      limited(`lost ${reason}`, (suppressed) =>
        logger.error(
          { reason, letters, suppressed },
          'Dead letters could not be written in time and are not kept; they are of sinks that are not required',
        ),
      )
    },
  }
}
