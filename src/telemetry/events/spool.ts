import { errorText, systemErrorCode } from '../../core/errors.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'

/** What a spool has to say. The content of a file is never logged. */
export interface SpoolEvents {
  opened(dir: string, files: number): void
  /** How many files are there, in work or not. */
  waiting(files: number): void
  /** Everything in these files is delivered; they are removed. */
  done(files: number): void
  /** A file gave no alert and lies in `failed` now. */
  failed(file: string, reason: string): void
  /** An alert that lacks parts the known integrations need. */
  incomplete(file: string, missing: readonly string[]): void
  setAsideFailed(file: string, error: unknown): void
  /** Files that were not worked on. */
  removed(files: number, reason: 'failed_limit' | 'stale'): void
  removeFailed(file: string, error: unknown): void
}

export function spoolEvents(telemetry: Telemetry, source: string): SpoolEvents {
  const { logger, metrics } = telemetry
  const limited = limitRepeats(telemetry)
  const troubled = (what: string, file: string, error: unknown, message: string): void =>
    limited(what, (suppressed) =>
      logger.error(
        { source, file, errno: systemErrorCode(error), error: errorText(error), suppressed },
        message,
      ),
    )
  return {
    opened: (dir, files) => logger.info({ source, dir, files }, 'Reading a spool'),
    waiting: (files) => metrics.set('spool_files', files, { source }),
    done: (files) => logger.debug({ source, files }, 'Files of the spool are done'),
    failed: (file, reason) => {
      metrics.count('spool_files_failed_total', 1, { source, reason })
      limited(`failed ${reason}`, (suppressed) =>
        logger.warn(
          { source, file, reason, suppressed },
          'A file of the spool gave no alert: it was set aside',
        ),
      )
    },
    incomplete: (file, missing) => {
      metrics.count('alerts_incomplete_total', 1, { source })
      limited('incomplete', (suppressed) =>
        logger.warn(
          { source, file, missing, suppressed },
          'An alert lacks parts; it is matched all the same',
        ),
      )
    },
    setAsideFailed: (file, error) =>
      troubled('set aside', file, error, 'A file of the spool that gave no alert could not be set aside'),
    removed: (files, reason) => {
      metrics.count('spool_files_removed_total', files, { source, reason })
      limited(`removed ${reason}`, (suppressed) =>
        logger.warn({ source, files, reason, suppressed }, 'Files of the spool were removed unread'),
      )
    },
    removeFailed: (file, error) =>
      troubled('remove', file, error, 'A file of the spool could not be removed'),
  }
}
