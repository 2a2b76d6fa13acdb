import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { manualClock } from '../../test/support/clock.ts'
import { recordedTelemetry } from '../../test/support/telemetry.ts'
import { createHealth } from '../telemetry/health.ts'
import { createLive, type Live } from './live.ts'
import { createMonitor } from './monitor.ts'
import type { Hello, MatchRow, Tick } from './page/wire.ts'
import { createRecentMatches } from './recent.ts'
import { createTop } from './top.ts'

const ROW = {
  id: 'a',
  at: 0,
  type: 'ipv4',
  value: '203.0.113.1',
  kind: 'exact',
  via: 'mirror',
  providers: ['feeds'],
  agent: '001 web',
  ruleId: '5710',
  level: 5,
  description: '',
}

interface Sent {
  readonly ticks: Tick[]
  readonly rows: MatchRow[]
}

/** A page that is open, and what it is sent. */
function recordedLive(): Live & Sent {
  const ticks: Tick[] = []
  const rows: MatchRow[] = []
  return {
    ticks,
    rows,
    join: () => true,
    tick: (tick) => void ticks.push(tick),
    matches: (more) => void rows.push(...more),
    open: () => 1,
    close: () => undefined,
  }
}

function monitored() {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const { metrics } = telemetry
  const health = createHealth(clock, metrics)
  const recent = createRecentMatches(500)
  const live = recordedLive()
  const monitor = createMonitor({
    telemetry,
    health,
    version: '1.2.3',
    startedAt: clock.now(),
    sources: [{ id: 'wazuh', type: 'wazuh-file' }],
    providers: [
      { id: 'feeds', type: 'feed' },
      { id: 'misp', type: 'misp', tlsVerified: false },
    ],
    topIndicators: createTop(10),
    topAgents: createTop(10),
    recent,
    live,
    refresh: async () => undefined,
  })
  const ending = new AbortController()
  const running = monitor.run(ending.signal)
  onTestFinished(async () => {
    ending.abort()
    await clock.advance(1000)
    await running
  })
  /** Half a second after the other, until what was told has come. */
  const until = async (isThere: () => boolean): Promise<void> => {
    for (let halves = 0; !isThere() && halves < 10_000; halves++) await clock.advance(500)
  }
  return { clock, metrics, health, recent, live, monitor, until }
}

it('shows how each provider does', async () => {
  const { metrics, health, monitor } = monitored()
  metrics.set('indicators', 7, { provider: 'feeds' })
  metrics.set('provider_breaker_open', 1, { provider: 'misp' })
  metrics.set('mirror_age_seconds', 12, { provider: 'misp' })
  metrics.count('provider_requests_total', 3, { provider: 'misp', outcome: 'ok' })
  metrics.count('provider_requests_total', 2, { provider: 'misp', outcome: 'PROVIDER_UNREACHABLE' })
  metrics.count('provider_requests_total', 1, { provider: 'misp', outcome: 'aborted' })
  metrics.observe('provider_request_seconds', 0.05, { provider: 'misp' })
  metrics.set('pending_alerts', 4, { provider: 'misp' })
  health.set('provider misp', 'look-ups', 'degraded', 'down')
  health.set('provider feeds', 'start', 'ok')
  const { snapshot } = await monitor.hello()
  expect(snapshot.providers).toEqual([
    {
      id: 'feeds',
      type: 'feed',
      state: 'ok',
      indicators: 7,
      mirrorAgeSeconds: null,
      breaker: null,
      requests: 0,
      failures: 0,
      median: null,
      p95: null,
      pending: 0,
      tlsVerified: true,
    },
    {
      id: 'misp',
      type: 'misp',
      state: 'degraded',
      indicators: 0,
      mirrorAgeSeconds: 12,
      breaker: 'open',
      requests: 6,
      failures: 2,
      median: expect.closeTo(0.0375) as number,
      p95: expect.closeTo(0.04875) as number,
      pending: 4,
      tlsVerified: false,
    },
  ])
  expect(snapshot).toMatchObject({ version: '1.2.3', state: 'degraded' })
})

it('sends each match once, in order, also those that come while a page joins', async () => {
  const { recent, live, monitor, until } = monitored()
  recent.add(ROW, '{}')
  await until(() => live.rows.length === 1)
  recent.add(ROW, '{}')
  const { matches } = await monitor.hello()
  recent.add(ROW, '{}')
  await until(() => live.rows.length === 3)
  expect(matches.map(({ key }) => key)).toEqual([1, 2])
  expect(live.rows.map(({ key }) => key)).toEqual([1, 2, 3])
})

it('draws rates of the time between two points, and keeps those of an hour', async () => {
  const { metrics, live, monitor, until } = monitored()
  await until(() => live.ticks.length === 1)
  metrics.count('alerts_processed_total', 60)
  await until(() => live.ticks.length === 2)
  const rate = live.ticks[1]?.point.alertsPerMinute ?? 0
  expect(rate).toBe(60 * 12)
  await until(() => live.ticks.length >= 725)
  expect(live.ticks.at(-1)?.point.alertsPerMinute).toBe(0)
  const { points } = await monitor.hello()
  expect(points).toHaveLength(720)
})

it('cuts off a page that does not read', async () => {
  const live = createLive()
  const server = createServer((_request, response: ServerResponse) => {
    response.writeHead(200)
    live.join(response, {} as Hello)
  }).listen(0)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port)
  onTestFinished(() => void client.destroy())
  client.pause()
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await expect.poll(() => live.open()).toBe(1)
  const large = [{ ...ROW, key: 1, description: 'x'.repeat(100_000) }]
  let sent = 0
  // What the system itself holds for a connection is a few megabytes.
  await expect
    .poll(
      () => {
        live.matches(large)
        sent += 100_000
        return live.open()
      },
      { interval: 1 },
    )
    .toBe(0)
  expect(sent).toBeGreaterThan(2 * 1024 ** 2)
})
