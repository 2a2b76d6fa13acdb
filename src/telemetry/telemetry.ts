import type { Clock } from '../core/clock.ts'
import type { Health } from './health.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './registry.ts'

/**
 * What a component gets to report with. Components do not call these directly: they build their named events from
 * it (`sourceEvents(telemetry)` …), each of which does metric and log together.
 */
export interface Telemetry {
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  /** Absent where nobody asks for it: in commands. */
  readonly health?: Health
}

/** One log line per key and window; the rest are counted and told with the next line as `suppressed`. */
const REPEAT_WINDOW_MS = 30_000
const MAX_KEYS = 1000

/** Calls `log` unless the same key logged within the last 30 s; passes how many calls were held back since. */
export type LimitRepeats = (key: string, log: (suppressed: number) => void) => void

export function limitRepeats(telemetry: Telemetry): LimitRepeats {
  const seen = new Map<string, { at: number; suppressed: number }>()
  return (key, log) => {
    const now = telemetry.clock.monotonic()
    const last = seen.get(key)
    if (last !== undefined && now - last.at < REPEAT_WINDOW_MS) {
      last.suppressed += 1
      telemetry.metrics.count('log_lines_suppressed_total', 1)
      return
    }
    if (seen.size >= MAX_KEYS) seen.clear()
    seen.set(key, { at: now, suppressed: 0 })
    log(last?.suppressed ?? 0)
  }
}
