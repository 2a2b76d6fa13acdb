import type { Clock } from '../core/clock.ts'
import { sumsBy } from './samples.ts'
import type { Telemetry } from './telemetry.ts'

/** What was done since the start, and how things stand. */
export interface Stats {
  readonly read: number
  readonly processed: number
  readonly duplicates: number
  readonly observables: number
  readonly matches: number
  readonly suppressed: number
  /** Values looked up online, wherever their answer came from. */
  readonly lookups: number
  readonly cacheHits: number
  /** Requests, writes and state operations that failed, and alerts that could not be examined. */
  readonly errors: number
  /** Providers that are left alone, as they failed too often. */
  readonly breakersOpen: readonly string[]
  readonly lagBytes: number
  /** Of the source that is furthest behind. */
  readonly lagSeconds: number
}

const GOOD_REQUESTS: ReadonlySet<string> = new Set(['ok', 'aborted'])
const FROM_CACHE: ReadonlySet<string> = new Set(['cache', 'stale'])

export async function readStats(metrics: Telemetry['metrics']): Promise<Stats> {
  const [dropped, from, requests, breakers, lags] = await Promise.all([
    metrics.byReason('alerts_dropped_total'),
    sumsBy(metrics, 'lookup_values_total', 'from'),
    sumsBy(metrics, 'provider_requests_total', 'outcome'),
    sumsBy(metrics, 'provider_breaker_open', 'provider'),
    sumsBy(metrics, 'source_lag_seconds', 'source'),
  ])
  return {
    read: await metrics.total('alerts_read_total'),
    processed: await metrics.total('alerts_processed_total'),
    duplicates: dropped['duplicate'] ?? 0,
    observables: await metrics.total('observables_total'),
    matches: await metrics.total('matches_total'),
    suppressed: await metrics.total('matches_suppressed_total'),
    lookups: sumOf(from, () => true),
    cacheHits: sumOf(from, (name) => FROM_CACHE.has(name)),
    errors:
      (dropped['failed'] ?? 0) +
      sumOf(requests, (outcome) => !GOOD_REQUESTS.has(outcome)) +
      (await metrics.total('sink_errors_total')) +
      (await metrics.total('store_errors_total')),
    breakersOpen: [...breakers].filter(([, open]) => open === 1).map(([provider]) => provider),
    lagBytes: await metrics.total('source_lag_bytes'),
    lagSeconds: Math.max(0, ...lags.values()),
  }
}

function sumOf(sums: ReadonlyMap<string, number>, counts: (key: string) => boolean): number {
  return [...sums].reduce((sum, [key, value]) => (counts(key) ? sum + value : sum), 0)
}

const COUNTED = [
  'read',
  'processed',
  'duplicates',
  'observables',
  'matches',
  'suppressed',
  'lookups',
  'cacheHits',
  'errors',
] as const

export interface StatsLogOptions {
  readonly telemetry: Telemetry
  readonly everyMs: number
  readonly signal: AbortSignal
  /** Brings up to date what only time changes. */
  readonly refresh: () => Promise<void>
  /** Called behind a line when nothing was processed since the last one. */
  readonly onQuiet: () => void
}

/** One line every so often, until abort: what was done since the last one, and how things stand. */
export async function logStats({
  telemetry,
  everyMs,
  signal,
  refresh,
  onQuiet,
}: StatsLogOptions): Promise<void> {
  const { metrics, clock, logger } = telemetry
  let before = await readStats(metrics)
  let since = clock.monotonic()
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal)
    if (signal.aborted) return
    await refresh()
    const now = await readStats(metrics)
    logger.info(lineOf(before, now, minutesSince(clock, since)), 'Processing rate')
    if (now.processed === before.processed) onQuiet()
    before = now
    since = clock.monotonic()
  }
}

function minutesSince(clock: Clock, since: number): number {
  return Math.max(1, clock.monotonic() - since) / 60_000
}

/** Counts are those of the time between two lines. */
function lineOf(before: Stats, now: Stats, minutes: number): object {
  const counts = Object.fromEntries(COUNTED.map((name) => [name, now[name] - before[name]]))
  return {
    ...counts,
    perMinute: Math.round((now.processed - before.processed) / minutes),
    breakersOpen: now.breakersOpen,
    lagBytes: now.lagBytes,
    lagSeconds: Math.round(now.lagSeconds),
  }
}
