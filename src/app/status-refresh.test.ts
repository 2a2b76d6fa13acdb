import { expect, it } from 'vitest'
import { manualClock } from '../../test/support/clock.ts'
import { recordedTelemetry } from '../../test/support/telemetry.ts'
import { createHealth } from '../telemetry/health.ts'
import { sumsBy } from '../telemetry/samples.ts'
import { createRefresh } from './status-refresh.ts'

function refreshing() {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const health = createHealth(clock, telemetry.metrics)
  const lastAlerts = new Map<string, number>()
  const refresh = createRefresh(telemetry, health, lastAlerts)
  const lag = async () => (await sumsBy(telemetry.metrics, 'source_lag_seconds', 'source')).get('wazuh')
  return { clock, metrics: telemetry.metrics, health, lastAlerts, refresh, lag }
}

it('lag grows with time while there is more to read, and is gone when all is read', async () => {
  const { clock, metrics, lastAlerts, refresh, lag } = refreshing()
  lastAlerts.set('wazuh', clock.now() - 5000)
  metrics.set('source_lag_bytes', 100, { source: 'wazuh' })
  await refresh()
  expect(await lag()).toBe(5)
  await clock.advance(60_000)
  await refresh()
  expect(await lag()).toBe(65)
  metrics.set('source_lag_bytes', 0, { source: 'wazuh' })
  await refresh()
  expect(await lag()).toBe(0)
})

it('an alert with a time in the future is no negative lag, and no alert is none', async () => {
  const { clock, metrics, lastAlerts, refresh, lag } = refreshing()
  metrics.set('source_lag_bytes', 100, { source: 'wazuh' })
  await refresh()
  expect(await lag()).toBe(0)
  lastAlerts.set('wazuh', clock.now() + 3_600_000)
  await refresh()
  expect(await lag()).toBe(0)
})

it('the store is degraded for a minute after an operation that failed', async () => {
  const { clock, metrics, health, refresh } = refreshing()
  await refresh()
  expect(health.components()).toMatchObject([{ component: 'store', state: 'ok' }])
  metrics.count('store_errors_total', 1, { operation: 'set' })
  await refresh()
  expect(health.components()).toMatchObject([{ component: 'store', state: 'degraded' }])
  await clock.advance(59_000)
  await refresh()
  expect(health.overall()).toBe('degraded')
  await clock.advance(2000)
  await refresh()
  expect(health.overall()).toBe('ok')
})
