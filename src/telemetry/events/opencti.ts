import type { Telemetry } from '../telemetry.ts'
import { platformEvents, type PlatformEvents } from './platform.ts'

/** What the client of an OpenCTI, and its check at start, have to say. */
export interface OpenCtiEvents extends PlatformEvents {
  /** Nodes of an answer that were not used, and why. */
  rowsDropped(drops: ReadonlyMap<OpenCtiDrop, number>): void
}

/** Another value (OpenCTI's equality folds letters and accents), no value at all, or a node that could not be read. */
export type OpenCtiDrop = 'not_asked' | 'not_a_value' | 'malformed'

export function openCtiEvents(telemetry: Telemetry, provider: string): OpenCtiEvents {
  const { metrics } = telemetry
  return {
    ...platformEvents(telemetry, provider),
    rowsDropped: (drops) => {
      for (const [reason, rows] of drops)
        if (rows > 0) metrics.count('provider_rows_dropped_total', rows, { provider, reason })
    },
  }
}
