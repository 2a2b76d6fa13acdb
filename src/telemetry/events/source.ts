import { errorText, systemErrorCode, type AppError } from '../../core/errors.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'

export type LineSkip = 'malformed' | 'too_long' | 'blank' | 'fragment' | 'not_object'
export type LineRepair = 'invalid_utf8' | 'glued' | 'unterminated' | 'zeros'
export type Rotation = 'swap' | 'truncate'

interface Place {
  /** As configured. */
  readonly file: string
  readonly offset: number
  /** Order key of the dated file that is read (`2026-11-21.000000002`), where it has a dated name. */
  readonly dated?: string | null
}

/** Numbers between two dated files for which there is no file. */
interface Gap {
  readonly file: string
  /** Order keys. */
  readonly after: string
  readonly before: string
  readonly files: number
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
  /** The path shows the file again that is followed. */
  shown(file: string): void
  /** The link is gone: the newest dated file is followed. */
  instead(place: Place): void
  /** `files`: dated files to be read before the live one. */
  catchingUp(file: string, files: number): void
  unreadable(file: string, error: AppError): void
  broken(place: Place, error: unknown): void
  lost(place: Place): void
  /** `bytes`: how many were seen to be there, and not read. */
  cut(place: Place, bytes: number): void
  gap(gap: Gap): void
  checkpointDamaged(path: string, problem: string): void
  checkpointFailed(path: string, error: unknown): void
}

export function sourceEvents(telemetry: Telemetry, source: string): SourceEvents {
  return {
    ...lineEvents(telemetry, source),
    ...fileEvents(telemetry, source),
    ...troubleEvents(telemetry, source),
    ...lossEvents(telemetry, source),
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

type LossEvents = Pick<SourceEvents, 'broken' | 'lost' | 'cut' | 'gap'>

/** What is not in the files any more: nobody can give it back. */
function lossEvents(telemetry: Telemetry, source: string): LossEvents {
  const { logger, metrics } = telemetry
  const count = (reason: 'gone' | 'gap' | 'truncated' | 'damaged', files = 1): void =>
    metrics.count('file_losses_total', files, { source, reason })
  return {
    broken: (place, error) => {
      count('damaged')
      logger.error(
        { source, ...place, error: errorText(error) },
        'A file is damaged; what came before the damage was read',
      )
    },
    lost: (place) => {
      count('gone')
      logger.error(
        { source, ...place },
        'The file read last is gone; what was written to it since is not read',
      )
    },
    cut: (place, bytes) => {
      count('truncated')
      logger.error({ source, ...place, bytes }, 'The file was truncated before it was read to its end')
    },
    gap: (gap) => {
      count('gap', gap.files)
      logger.error({ source, ...gap }, 'Files of a day are gone before they were read')
    },
  }
}

type TroubleEvents = Omit<SourceEvents, keyof LineEvents | keyof FileEvents | keyof LossEvents>

function troubleEvents(telemetry: Telemetry, source: string): TroubleEvents {
  const { logger, health } = telemetry
  const limited = limitRepeats(telemetry)
  return {
    missing: (file) => {
      health?.set(`source ${source}`, file, 'failed', `${file} does not exist`)
      logger.warn({ source, file }, 'The file does not exist; waiting for it')
    },
    nameless: (place) => {
      const reason = `${place.file} shows no file: the one that was open is still followed`
      health?.set(`source ${source}`, place.file, 'degraded', reason)
      logger.warn({ source, ...place }, 'The path shows no file; still following the one that was open')
    },
    shown: (file) => health?.set(`source ${source}`, file, 'ok'),
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
    instead: (place) =>
      logger.warn(
        { source, ...place },
        'The path shows no file; following the dated file that Wazuh writes to',
      ),
    catchingUp: (file, files) =>
      limited(`catching up ${file}`, (suppressed) =>
        logger.info({ source, file, files, suppressed }, 'Reading files that were written since'),
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
