import type { EpochMs } from '../core/alert.ts'
import type { Health } from '../telemetry/health.ts'
import type { MetricName } from '../telemetry/metrics.ts'
import { quantilesBy, samplesOf, sumsBy } from '../telemetry/samples.ts'
import type { Stats } from '../telemetry/stats.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { Counted, ProviderRow, Snapshot, SourceRow } from './page/wire.ts'
import type { Top } from './top.ts'

/** What the settings say of a component; its figures are in the metrics. */
export interface ComponentFacts {
  readonly id: string
  readonly type: string
  /** False where the certificate of the provider is not verified. */
  readonly tlsVerified?: boolean
}

export interface SnapshotParts {
  readonly telemetry: Telemetry
  readonly health: Health
  readonly version: string
  readonly startedAt: EpochMs
  readonly sources: readonly ComponentFacts[]
  readonly providers: readonly ComponentFacts[]
  readonly topIndicators: Top
  readonly topAgents: Top
}

/** Rows of the tables of frequent indicators and agents. */
const TOP_ROWS = 10

export async function takeSnapshot(parts: SnapshotParts, stats: Stats): Promise<Snapshot> {
  const { telemetry, health, version, startedAt } = parts
  const { metrics, clock } = telemetry
  const { processed, duplicates, observables, matches, suppressed, lookups, cacheHits, errors } = stats
  return {
    at: clock.now(),
    startedAt,
    version,
    state: health.overall(),
    totals: { processed, duplicates, observables, matches, suppressed, lookups, cacheHits, errors },
    components: health.components(),
    sources: await sourceRows(parts),
    providers: await providerRows(parts),
    suppressed: byCount(await sumsBy(metrics, 'matches_suppressed_total', 'reason')),
    topIndicators: parts.topIndicators.list(TOP_ROWS),
    topAgents: parts.topAgents.list(TOP_ROWS),
    omitted: await metrics.total('status_matches_omitted_total'),
    memoryBytes: process.memoryUsage.rss(),
  }
}

async function sourceRows({ telemetry: { metrics }, sources }: SnapshotParts): Promise<SourceRow[]> {
  const by = (name: MetricName): Promise<ReadonlyMap<string, number>> => sumsBy(metrics, name, 'source')
  const [alerts, positions, lagBytes, lagSeconds] = await Promise.all([
    by('alerts_read_total'),
    by('source_position_bytes'),
    by('source_lag_bytes'),
    by('source_lag_seconds'),
  ])
  return sources.map(({ id }) => ({
    id,
    alerts: alerts.get(id) ?? 0,
    position: positions.get(id) ?? null,
    lagBytes: lagBytes.get(id) ?? null,
    lagSeconds: lagSeconds.get(id) ?? null,
  }))
}

async function providerRows({
  telemetry: { metrics },
  health,
  providers,
}: SnapshotParts): Promise<ProviderRow[]> {
  const by = (name: MetricName): Promise<ReadonlyMap<string, number>> => sumsBy(metrics, name, 'provider')
  const secondsAt = (quantile: number): Promise<ReadonlyMap<string, number>> =>
    quantilesBy(metrics, 'provider_request_seconds', { label: 'provider', quantile })
  const [indicators, ages, breakers, requests, pending, medians, p95s] = await Promise.all([
    by('indicators'),
    by('mirror_age_seconds'),
    by('provider_breaker_open'),
    by('provider_requests_total'),
    by('pending_alerts'),
    secondsAt(0.5),
    secondsAt(0.95),
  ])
  const failures = new Map<string, number>()
  for (const { labels, value } of await samplesOf(metrics, 'provider_requests_total')) {
    if (labels['outcome'] === 'ok' || labels['outcome'] === 'aborted') continue
    const provider = String(labels['provider'])
    failures.set(provider, (failures.get(provider) ?? 0) + value)
  }
  const states = new Map(health.components().map(({ component, state }) => [component, state]))
  return providers.map(({ id, type, tlsVerified = true }) => ({
    id,
    type,
    state: states.get(`provider ${id}`) ?? 'starting',
    indicators: indicators.get(id) ?? 0,
    mirrorAgeSeconds: ages.get(id) ?? null,
    breaker: breakerOf(breakers.get(id)),
    requests: requests.get(id) ?? 0,
    failures: failures.get(id) ?? 0,
    median: medians.get(id) ?? null,
    p95: p95s.get(id) ?? null,
    pending: pending.get(id) ?? 0,
    tlsVerified,
  }))
}

function breakerOf(open: number | undefined): ProviderRow['breaker'] {
  if (open === undefined) return null
  return open === 0 ? 'closed' : 'open'
}

function byCount(sums: ReadonlyMap<string, number>): readonly Counted[] {
  return [...sums].map(([name, count]) => ({ name, count })).toSorted((a, b) => b.count - a.count)
}
