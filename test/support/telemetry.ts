import { Writable } from 'node:stream'
import type { Clock } from '../../src/core/clock.ts'
import { systemClock } from '../../src/core/clock.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { createMetrics } from '../../src/telemetry/registry.ts'
import type { Telemetry } from '../../src/telemetry/telemetry.ts'

export interface RecordedTelemetry extends Telemetry {
  /** Every log line so far, parsed. */
  readonly lines: Record<string, unknown>[]
}

/** Real logger and metrics; log lines are kept instead of printed. */
export function recordedTelemetry(clock: Clock = systemClock): RecordedTelemetry {
  const lines: Record<string, unknown>[] = []
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>)
      done()
    },
  })
  const logger = createLogger({ level: 'trace', format: 'json', destination })
  return { logger, metrics: createMetrics(), clock, lines }
}
