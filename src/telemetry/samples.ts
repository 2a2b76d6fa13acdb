import type { MetricName } from './metrics.ts'
import type { Telemetry } from './telemetry.ts'

type Metrics = Telemetry['metrics']

export interface MetricSample {
  readonly labels: Readonly<Partial<Record<string, string | number>>>
  readonly value: number
  /** Of a histogram: which of its series, as `tripline_batch_seconds_bucket`. */
  readonly series: string
}

/** Every value of a metric, one for each set of labels. */
export async function samplesOf(metrics: Metrics, name: MetricName): Promise<readonly MetricSample[]> {
  const metric = await metrics.registry.getSingleMetric(`tripline_${name}`)?.get()
  return (metric?.values ?? []).map((each) => ({
    labels: each.labels,
    value: each.value,
    series: 'metricName' in each && typeof each.metricName === 'string' ? each.metricName : '',
  }))
}

/** Sums by one label; only what was counted. */
export async function sumsBy(
  metrics: Metrics,
  name: MetricName,
  label: string,
): Promise<ReadonlyMap<string, number>> {
  const sums = new Map<string, number>()
  for (const { labels, value } of await samplesOf(metrics, name)) {
    const key = String(labels[label])
    sums.set(key, (sums.get(key) ?? 0) + value)
  }
  return sums
}

/**
 * The quantile of a histogram by a label's value, in its unit: linear within a bucket, as `histogram_quantile` of Prometheus. In
 * the last, open bucket its lower bound. Undefined where nothing was observed.
 */
export async function quantilesBy(
  metrics: Metrics,
  name: MetricName,
  { label, quantile }: { readonly label: string; readonly quantile: number },
): Promise<ReadonlyMap<string, number>> {
  const buckets = new Map<string, { readonly upTo: number; readonly count: number }[]>()
  for (const { labels, value, series } of await samplesOf(metrics, name)) {
    if (!series.endsWith('_bucket')) continue
    const key = String(labels[label])
    const list = buckets.get(key) ?? []
    buckets.set(key, list)
    list.push({ upTo: labels['le'] === '+Inf' ? Infinity : Number(labels['le']), count: value })
  }
  const found = [...buckets].flatMap(([key, list]): [string, number][] => {
    const value = quantileOf(list, quantile)
    return value === undefined ? [] : [[key, value]]
  })
  return new Map(found)
}

function quantileOf(
  buckets: readonly { readonly upTo: number; readonly count: number }[],
  quantile: number,
): number | undefined {
  const sorted = buckets.toSorted((a, b) => a.upTo - b.upTo)
  const rank = quantile * (sorted.at(-1)?.count ?? 0)
  if (rank === 0) return undefined
  const at = sorted.findIndex(({ count }) => count >= rank)
  const below = sorted[at - 1] ?? { upTo: 0, count: 0 }
  const own = sorted[at]
  if (own === undefined || own.upTo === Infinity) return below.upTo
  return below.upTo + (own.upTo - below.upTo) * ((rank - below.count) / (own.count - below.count))
}
