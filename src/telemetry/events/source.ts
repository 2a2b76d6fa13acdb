import { errorText, systemErrorCode, type AppError } from '../../core/errors.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'

export type LineSkip = 'malformed' | 'too_long' | 'blank' | 'fragment' | 'not_object'
export type LineRepair = 'invalid_utf8' | 'glued' | 'unterminated'
export type Rotation = 'swap' | 'truncate'

interface Place {
  readonly file: string
  readonly offset: number
}

/** What the sources have to say. Offsets are bytes in the uncompressed file; a line's content is never logged. */
export interface SourceEvents {
  read(alerts: number, bytes: number): void
  skipped(reason: LineSkip, place: Place): void
  repaired(reason: LineRepair, place: Place): void
  started(place: Place, from: 'beginning' | 'end' | 'checkpoint'): void
  rotated(reason: Rotation, place: Place): void
  finished(place: Place): void
  processed(place: Place): void
  lag(bytes: number): void
  missing(file: string): void
  nameless(place: Place): void
  unreadable(file: string, error: AppError): void
  broken(place: Place, error: unknown): void
  lost(place: Place): void
  checkpointDamaged(path: string, problem: string): void
  checkpointFailed(path: string, error: unknown): void
}

export function sourceEvents(telemetry: Telemetry, source: string): SourceEvents {
  return {
    ...lineEvents(telemetry, source),
    ...fileEvents(telemetry, source),
    ...troubleEvents(telemetry, source),
  }
}

type LineEvents = Pick<SourceEvents, 'read' | 'skipped' | 'repaired'>

function lineEvents(telemetry: Telemetry, source: string): LineEvents {
  const { logger, metrics } = telemetry
  const limited = limitRepeats(telemetry)
  return {
    read: (alerts, bytes) => {
      if (alerts > 0) metrics.count('alerts_read_total', alerts, { source })
      if (bytes > 0) metrics.count('bytes_read_total', bytes, { source })
    },
    skipped: (reason, place) => {
      metrics.count('lines_skipped_total', 1, { source, reason })
      if (reason === 'blank') return
      limited(`skipped ${reason}`, (suppressed) =>
        logger.warn({ source, reason, ...place, suppressed }, 'A line gave no alert'),
      )
    },
    repaired: (reason, place) => {
      metrics.count('lines_repaired_total', 1, { source, reason })
      limited(`repaired ${reason}`, (suppressed) =>
        logger.info({ source, reason, ...place, suppressed }, 'A faulty line was read all the same'),
      )
    },
  }
}

type FileEvents = Pick<SourceEvents, 'started' | 'rotated' | 'finished' | 'processed' | 'lag'>

/** A sign of life for people; the checkpoint is written much more often. */
const TELL_POSITION_MS = 300_000

function fileEvents(telemetry: Telemetry, source: string): FileEvents {
  const { logger, metrics, clock, health } = telemetry
  const limited = limitRepeats(telemetry)
  let toldAt = -Infinity
  return {
    started: (place, from) => {
      health?.set(`source ${source}`, place.file, 'ok')
      limited(`${place.file} ${place.offset}`, (suppressed) =>
        logger.info({ source, ...place, from, suppressed }, 'Reading a file'),
      )
    },
    rotated: (reason, place) => {
      metrics.count('file_rotations_total', 1, { source, reason })
      logger.info({ source, reason, ...place }, 'File rotation detected')
    },
    finished: (place) => logger.debug({ source, ...place }, 'File read to its end'),
    processed: (place) => {
      metrics.set('source_position_bytes', place.offset, { source })
      const isDue = clock.monotonic() - toldAt >= TELL_POSITION_MS
      if (isDue) toldAt = clock.monotonic()
      logger[isDue ? 'info' : 'debug']({ source, ...place }, 'Processed up to position')
    },
    lag: (bytes) => metrics.set('source_lag_bytes', bytes, { source }),
  }
}

type TroubleEvents = Omit<SourceEvents, keyof LineEvents | keyof FileEvents>

function troubleEvents(telemetry: Telemetry, source: string): TroubleEvents {
  const { logger, health } = telemetry
  const limited = limitRepeats(telemetry)
  return {
    missing: (file) => {
      health?.set(`source ${source}`, file, 'failed', `${file} does not exist`)
      logger.warn({ source, file }, 'The file does not exist; waiting for it')
    },
    nameless: (place) =>
      logger.warn({ source, ...place }, 'The path shows no file; still following the one that was open'),
    unreadable: (file, error) => {
      health?.set(`source ${source}`, file, 'failed', error.message)
      limited(`unreadable ${file}`, (suppressed) =>
        logger.error(
          {
            source,
            file,
            code: error.code,
            errno: systemErrorCode(error.cause),
            hint: error.hint,
            suppressed,
          },
          error.message,
        ),
      )
    },
    broken: (place, error) =>
      logger.error(
        { source, ...place, error: errorText(error) },
        'A compressed file is damaged; what came before was read',
      ),
    lost: (place) =>
      logger.error(
        { source, ...place },
        'The file read last is gone; what was written to it since is not read',
      ),
    checkpointDamaged: (path, problem) =>
      logger.error({ source, path, problem }, 'A checkpoint cannot be used; reading begins at the beginning'),
    checkpointFailed: (path, error) =>
      limited('checkpoint', (suppressed) =>
        logger.error(
          { source, path, error: errorText(error), suppressed },
          'The checkpoint cannot be written; reading goes on, a crash now gives duplicates',
        ),
      ),
  }
}
