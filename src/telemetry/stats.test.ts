import { expect, it } from 'vitest'
import { manualClock } from '../../test/support/clock.ts'
import { recordedTelemetry } from '../../test/support/telemetry.ts'
import { sourceEvents } from './events/source.ts'
import { quantilesBy } from './samples.ts'
import { logStats, readStats } from './stats.ts'

const MINUTES_5 = 300_000

it('tells in one line what was done since the last one, and how things stand', async () => {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const { metrics } = telemetry
  const ending = new AbortController()
  metrics.count('alerts_processed_total', 1000)
  let quiet = 0
  const telling = logStats({
    telemetry,
    everyMs: MINUTES_5,
    signal: ending.signal,
    refresh: async () => metrics.set('source_lag_seconds', 12.4, { source: 'wazuh' }),
    onQuiet: () => void (quiet += 1),
  })
  await clock.advance(0)
  metrics.count('alerts_processed_total', 500)
  metrics.count('alerts_dropped_total', 7, { reason: 'duplicate' })
  metrics.count('observables_total', 900, { type: 'ipv4' })
  metrics.count('lookup_values_total', 30, { provider: 'misp', from: 'cache' })
  metrics.count('lookup_values_total', 10, { provider: 'misp', from: 'online' })
  metrics.count('provider_requests_total', 3, { provider: 'misp', outcome: 'PROVIDER_UNREACHABLE' })
  metrics.count('provider_requests_total', 5, { provider: 'misp', outcome: 'ok' })
  metrics.set('provider_breaker_open', 1, { provider: 'misp' })
  metrics.set('source_lag_bytes', 4096, { source: 'wazuh' })
  await clock.advance(MINUTES_5)
  await expect.poll(() => telemetry.lines.length).toBe(1)
  expect(telemetry.lines[0]).toMatchObject({
    msg: 'Processing rate',
    processed: 500,
    duplicates: 7,
    observables: 900,
    lookups: 40,
    cacheHits: 30,
    perMinute: 100,
    errors: 3,
    breakersOpen: ['misp'],
    lagBytes: 4096,
    lagSeconds: 12,
  })
  expect(quiet).toBe(0)
  await expect.poll(() => clock.advance(MINUTES_5).then(() => telemetry.lines.length)).toBeGreaterThan(1)
  expect(telemetry.lines[1]).toMatchObject({ processed: 0, perMinute: 0, lookups: 0 })
  expect(quiet).toBeGreaterThan(0)
  ending.abort()
  await telling
})

it('counts nothing as failed that was only aborted', async () => {
  const { metrics } = recordedTelemetry()
  metrics.count('provider_requests_total', 4, { provider: 'misp', outcome: 'aborted' })
  metrics.count('sink_errors_total', 2, { sink: 'matches' })
  expect((await readStats(metrics)).errors).toBe(2)
})

it('estimates quantiles of a histogram as Prometheus does', async () => {
  const { metrics } = recordedTelemetry()
  for (const seconds of [0.06, 0.07, 0.08, 0.2])
    metrics.observe('provider_request_seconds', seconds, { provider: 'misp' })
  metrics.observe('provider_request_seconds', 99, { provider: 'slow' })
  const at = (quantile: number) =>
    quantilesBy(metrics, 'provider_request_seconds', { label: 'provider', quantile })
  // Three of four in (0.05, 0.1]: the median is the second of them.
  expect((await at(0.5)).get('misp')).toBeCloseTo(0.05 + 0.05 * (2 / 3))
  expect((await at(0.5)).get('slow')).toBe(30)
  expect((await at(0.5)).has('other')).toBe(false)
})

it('the position is told people every five minutes, and at level debug each time', async () => {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const events = sourceEvents(telemetry, 'wazuh')
  for (const minutes of [0, 1, 2, 3]) {
    events.processed({ file: 'alerts.json', offset: minutes })
    await clock.advance(60_000)
  }
  await clock.advance(60_000)
  events.processed({ file: 'alerts.json', offset: 5 })
  expect(telemetry.lines.map(({ level, offset, msg }) => [level, offset, msg])).toEqual([
    [30, 0, 'Processed up to position'],
    [20, 1, 'Processed up to position'],
    [20, 2, 'Processed up to position'],
    [20, 3, 'Processed up to position'],
    [30, 5, 'Processed up to position'],
  ])
  expect(await telemetry.metrics.total('source_position_bytes')).toBe(5)
})
