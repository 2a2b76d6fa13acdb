import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { createLabelSets } from './label-sets.ts'
import { METRICS, type MetricName, type MetricSpec } from './metrics.ts'

type LabelsOf<Name extends MetricName> = Readonly<Record<(typeof METRICS)[Name]['labels'][number], string>>
/** Labels are asked for exactly where the catalogue names some. */
type LabelArgs<Name extends MetricName> = (typeof METRICS)[Name]['labels'] extends readonly []
  ? readonly []
  : readonly [labels: LabelsOf<Name>]

export interface Metrics {
  readonly registry: Registry
  count<Name extends MetricName>(name: Name, by: number, ...labels: LabelArgs<Name>): void
  observe<Name extends MetricName>(name: Name, value: number, ...labels: LabelArgs<Name>): void
  set<Name extends MetricName>(name: Name, value: number, ...labels: LabelArgs<Name>): void
  /** Sum over all label sets, for summaries and tests. */
  total(name: MetricName): Promise<number>
  /** Sums by the label `reason`; only reasons that were counted. */
  byReason(name: MetricName): Promise<Readonly<Record<string, number>>>
}

interface Sample {
  readonly labels: Readonly<Partial<Record<string, string | number>>>
  readonly value: number
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const bounded = createLabelSets()
  const counters = new Map<string, Counter>()
  const gauges = new Map<string, Gauge>()
  const histograms = new Map<string, Histogram>()
  for (const [name, spec] of Object.entries<MetricSpec>(METRICS)) {
    const options = {
      name: `tripline_${name}`,
      help: spec.help,
      labelNames: [...spec.labels],
      registers: [registry],
    }
    if (spec.type === 'counter') counters.set(name, new Counter(options))
    else if (spec.type === 'gauge') gauges.set(name, new Gauge(options))
    else histograms.set(name, new Histogram({ ...options, buckets: [...(spec.buckets ?? [])] }))
  }
  for (const [name, { untilSet }] of Object.entries<MetricSpec>(METRICS))
    if (untilSet === 'absent') gauges.get(name)?.remove()

  async function valuesOf(name: MetricName): Promise<readonly Sample[]> {
    const metric = await (counters.get(name) ?? gauges.get(name))?.get()
    return metric?.values ?? []
  }

  return {
    registry,
    count: (name, by, ...labels) => counters.get(name)?.inc(bounded(name, labels[0]), by),
    observe: (name, value, ...labels) => histograms.get(name)?.observe(bounded(name, labels[0]), value),
    set: (name, value, ...labels) => gauges.get(name)?.set(bounded(name, labels[0]), value),
    total: async (name) => (await valuesOf(name)).reduce((sum, { value }) => sum + value, 0),
    byReason: async (name) => {
      const sums: Record<string, number> = {}
      for (const { labels, value } of await valuesOf(name)) {
        const reason = String(labels['reason'])
        sums[reason] = (sums[reason] ?? 0) + value
      }
      return sums
    },
  }
}
