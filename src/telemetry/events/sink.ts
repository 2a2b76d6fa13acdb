import type { AppError } from '../../core/errors.ts'
import { errorText } from '../../core/errors.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'

/** What a sink has to say. */
export interface SinkEvents {
  /** Records that are durable now. */
  written(records: number): void
  /** A write that was rejected: only counted, since the pipeline says it and when it tries again. */
  failed(): void
  /** The start goes on without the file; the first write tries again. */
  notOpened(error: AppError): void
  rotated(file: string): void
  /** Its readers take no more: the write waits. */
  slowed(): void
  /** A notice of a provider's trouble that could not be written; it is not tried again. */
  noticeLost(error: unknown): void
  /** A rotated file stays as it is, uncompressed, and is tried again later. */
  compressFailed(file: string, error: unknown): void
  /** The end of the file is not the end of a line: a write broke off and could not be taken back. */
  tornFound(file: string): void
}

export function sinkEvents(telemetry: Telemetry, sink: string): SinkEvents {
  const { logger, metrics } = telemetry
  const limited = limitRepeats(telemetry)
  return {
    written: (records) => metrics.count('sink_records_total', records, { sink }),
    failed: () => metrics.count('sink_errors_total', 1, { sink }),
    notOpened: (error) => {
      metrics.count('sink_errors_total', 1, { sink })
      const { code, hint } = error
      logger.error(
        { sink, code, error: errorText(error), hint },
        'A sink cannot open its file yet; the first records wait for it',
      )
    },
    rotated: (file) => {
      metrics.count('sink_rotations_total', 1, { sink })
      logger.info({ sink, file }, 'An output file was rotated')
    },
    slowed: () =>
      limited('slowed', (suppressed) =>
        logger.warn(
          { sink, suppressed },
          'More matches than the readers of a sink can take; alerts are read more slowly',
        ),
      ),
    noticeLost: (error) => {
      metrics.count('sink_errors_total', 1, { sink })
      limited('notice', (suppressed) =>
        logger.warn(
          { sink, error: errorText(error), suppressed },
          "A provider's trouble could not be told in an output file",
        ),
      )
    },
    compressFailed: (file, error) =>
      limited('compress', (suppressed) =>
        logger.warn(
          { sink, file, error: errorText(error), suppressed },
          'A rotated file could not be compressed; it is kept as it is',
        ),
      ),
    tornFound: (file) =>
      logger.warn({ sink, file }, 'An output file ends in half a line; the next record begins a new one'),
  }
}
