import type { Metrics } from '../../telemetry/registry.ts'

/** Most requests to one provider, and how many of them may be under way when the last is spent. */
export interface Allowance {
  /** Infinity: no limit. */
  readonly most: number
  readonly atOnce: number
}

/** Counts the requests of a whole run. */
export interface Budget {
  /** Aborts when a provider may not be asked any more: nothing new is sent then, and what is under way fits in. */
  readonly signal: AbortSignal
  used(provider: string): number
  note(provider: string, requests: number): void
}

/** Beside the connections: the probe of a breaker and the request after it, which no signal ends. */
const PROBES = 2

export function createBudget(allowances: ReadonlyMap<string, Allowance>): Budget {
  const spent = new AbortController()
  const used = new Map<string, number>()
  return {
    signal: spent.signal,
    used: (provider) => used.get(provider) ?? 0,
    note: (provider, requests) => {
      const sum = (used.get(provider) ?? 0) + requests
      used.set(provider, sum)
      const allowance = allowances.get(provider)
      if (allowance !== undefined && sum + allowance.atOnce + PROBES >= allowance.most) spent.abort()
    },
  }
}

/** Metrics that tell the budget of each request when it is over. */
export function watched(metrics: Metrics, budget: Budget): Metrics {
  return {
    ...metrics,
    count: (name, by, ...labels) => {
      metrics.count(name, by, ...labels)
      if (name !== 'provider_requests_total') return
      for (const about of labels)
        if ('provider' in about && typeof about.provider === 'string') budget.note(about.provider, by)
    },
  }
}
