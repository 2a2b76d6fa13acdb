import { errorText, systemErrorCode, type AppError } from '../../core/errors.ts'
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
  /** A file cannot be read this time; it stays where it is. */
  unreadable(file: string, error: AppError): void
  /** A file is listed, but is not found by its name. */
  nameless(file: string): void
  /** How many files are there and are left alone, as they can be neither read nor set aside. */
  passedOver(files: number): void
  /** As many files as may be are in work: reading waits for acknowledgements. */
  waits(held: number): void
  /** So many files are done and cannot be removed that no more are read. */
  stopped(files: number): void
  /** So many files wait that writers are sent away. */
  full(files: number, limit: number): void
  /** Writers are not told that the spool is served. */
  markFailed(file: string, error: unknown): void
  /** Files that were not worked on. */
  removed(files: number, reason: 'failed_limit' | 'stale'): void
  /** `files`: how many could not be removed this time; `file` is the first. */
  removeFailed(file: string, error: unknown, files?: number): void
}

export function spoolEvents(telemetry: Telemetry, source: string): SpoolEvents {
  return {
    ...flowEvents(telemetry, source),
    ...fileEvents(telemetry, source),
    ...troubleEvents(telemetry, source),
  }
}

type FlowEvents = Pick<
  SpoolEvents,
  'opened' | 'waiting' | 'passedOver' | 'done' | 'waits' | 'stopped' | 'full'
>

function flowEvents(telemetry: Telemetry, source: string): FlowEvents {
  const { logger, metrics, health } = telemetry
  const limited = limitRepeats(telemetry)
  const component = `source ${source}`
  return {
    opened: (dir, files) => logger.info({ source, dir, files }, 'Reading a spool'),
    waiting: (files) => metrics.set('spool_files', files, { source }),
    done: (files) => {
      health?.set(component, 'spool', 'ok')
      logger.debug({ source, files }, 'Files of the spool are done')
    },
    passedOver: (files) => metrics.set('spool_files_passed_over', files, { source }),
    waits: (held) =>
      limited('waits', (suppressed) =>
        logger.debug({ source, held, suppressed }, 'Reading a spool waits until files of it are done'),
      ),
    stopped: (files) => {
      health?.set(component, 'spool', 'failed', 'files that are done cannot be removed')
      limited('stopped', (suppressed) =>
        logger.error(
          { source, files, suppressed },
          'Reading a spool has stopped: so many files of it are done and cannot be removed',
        ),
      )
    },
    full: (files, limit) => {
      health?.set(component, 'spool', 'degraded', 'it is full: the integrations look alerts up themselves')
      limited('full', (suppressed) =>
        logger.warn(
          { source, files, limit, suppressed },
          'The spool is full: the integrations look alerts up themselves',
        ),
      )
    },
  }
}

type FileEvents = Pick<SpoolEvents, 'failed' | 'incomplete' | 'removed'>

function fileEvents(telemetry: Telemetry, source: string): FileEvents {
  const { logger, metrics } = telemetry
  const limited = limitRepeats(telemetry)
  return {
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
    removed: (files, reason) => {
      metrics.count('spool_files_removed_total', files, { source, reason })
      limited(`removed ${reason}`, (suppressed) =>
        logger.warn({ source, files, reason, suppressed }, 'Files of the spool were removed unread'),
      )
    },
  }
}

type TroubleEvents = Omit<SpoolEvents, keyof FlowEvents | keyof FileEvents>

function troubleEvents(telemetry: Telemetry, source: string): TroubleEvents {
  const { logger } = telemetry
  const limited = limitRepeats(telemetry)
  const troubled = (message: string, file: string, error: unknown, more: object = {}): void =>
    limited(message, (suppressed) =>
      logger.error(
        { source, file, ...more, errno: systemErrorCode(error), error: errorText(error), suppressed },
        message,
      ),
    )
  return {
    setAsideFailed: (file, error) =>
      troubled('A file of the spool that gave no alert could not be set aside', file, error),
    unreadable: (file, { code, cause, hint, message }) =>
      limited(`unreadable ${systemErrorCode(cause)}`, (suppressed) =>
        logger.error({ source, file, code, errno: systemErrorCode(cause), hint, suppressed }, message),
      ),
    nameless: (file) =>
      limited('nameless', (suppressed) =>
        logger.error(
          { source, file, suppressed },
          'A file of the spool is not found by its name: it is passed over',
        ),
      ),
    markFailed: (file, error) =>
      troubled('The mark that the spool is served could not be written', file, error),
    removeFailed: (file, error, files = 1) =>
      troubled('A file of the spool could not be removed', file, error, { files }),
  }
}
