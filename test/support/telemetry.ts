import { Writable } from 'node:stream'
import type { Clock } from '../../src/core/clock.ts'
import { systemClock } from '../../src/core/clock.ts'
import { createHealth, type Health } from '../../src/telemetry/health.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { createMetrics } from '../../src/telemetry/registry.ts'
import type { Telemetry } from '../../src/telemetry/telemetry.ts'

export interface RecordedTelemetry extends Telemetry {
  /** Every log line so far, parsed. */
  readonly lines: Record<string, unknown>[]
  readonly health: Health
}

/** Real logger, metrics and health; log lines are kept instead of printed. */
export function recordedTelemetry(clock: Clock = systemClock): RecordedTelemetry {
  const lines: Record<string, unknown>[] = []
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>)
      done()
    },
  })
  const logger = createLogger({ level: 'trace', destination })
  const metrics = createMetrics()
  return { logger, metrics, health: createHealth(clock, metrics), clock, lines }
}
