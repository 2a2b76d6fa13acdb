import type { EpochMs } from '../core/alert.ts'
import type { Health } from '../telemetry/health.ts'
import { sumsBy } from '../telemetry/samples.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

/** A state operation that failed is of no weight any more after this long without another. */
const STORE_QUIET_MS = 60_000

/**
 * Brings up to date what only the passing of time changes: how old the alert read last is while there is more to read, and whether
 * the state store still fails.
 */
export function createRefresh(
  { metrics, clock }: Telemetry,
  health: Health,
  lastAlerts: ReadonlyMap<string, EpochMs>,
): () => Promise<void> {
  let errors = 0
  let failedAt = -Infinity
  return async () => {
    const lagging = await sumsBy(metrics, 'source_lag_bytes', 'source')
    for (const [source, bytes] of lagging) {
      const last = lastAlerts.get(source)
      const ms = bytes > 0 && last !== undefined ? Math.max(0, clock.now() - last) : 0
      metrics.set('source_lag_seconds', ms / 1000, { source })
    }
    const now = await metrics.total('store_errors_total')
    if (now > errors) failedAt = clock.monotonic()
    errors = now
    const fails = clock.monotonic() - failedAt < STORE_QUIET_MS
    health.set('store', 'work', fails ? 'degraded' : 'ok', 'state operations fail: the log says which')
  }
}
