import { limitRepeats, type Telemetry } from '../telemetry.ts'

/**
 * Why a row of an answer was not used: another value (MISP's equality folds letters), a type that holds nothing Tripline
 * looks for, a value that is none, a row that could not be read, or one that the settings leave out.
 */
export type RowDrop = 'not_asked' | 'unsupported_type' | 'not_a_value' | 'malformed' | 'filtered'

/** What look-ups in a MISP have to say. */
export interface MispLookupEvents {
  rowsDropped(drops: ReadonlyMap<RowDrop, number>): void
  /** A single value has more attributes than are read: it is answered with the ones that were. */
  answerCut(value: string, rows: number): void
}

export function mispLookupEvents(telemetry: Telemetry, provider: string): MispLookupEvents {
  const { logger, metrics } = telemetry
  const limited = limitRepeats(telemetry)
  return {
    rowsDropped: (drops) => {
      for (const [reason, rows] of drops)
        metrics.count('provider_rows_dropped_total', rows, { provider, reason })
    },
    answerCut: (value, rows) =>
      limited('cut', (suppressed) =>
        logger.warn(
          { provider, value, rows, suppressed },
          'MISP has more attributes with a value than are read; the first ones are used',
        ),
      ),
  }
}
