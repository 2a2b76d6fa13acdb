import type { Times } from '../schema.ts'

/** Milliseconds of many things, in memory that does not grow with their number. */
export interface Tally {
  add(ms: number): void
  /** All 0 when nothing was added. */
  times(): Times
}

/** Each bucket is 1 % wider than the one before; below and above are the first and the last one. */
const STEP = 1.01
const LEAST_MS = 0.0001
const BUCKETS = 2600

export function createTally(): Tally {
  const buckets = new Uint32Array(BUCKETS)
  let added = 0
  let sum = 0
  let max = 0

  /** The least value that no more than this share of all are above. */
  function percentile(share: number): number {
    const rank = Math.ceil(added * share)
    let seen = 0
    for (let at = 0; at < BUCKETS; at++) {
      seen += buckets[at] ?? 0
      if (seen >= rank) return Math.min(max, middleOf(at))
    }
    return max
  }

  return {
    add: (ms) => {
      const at = bucketOf(ms)
      buckets[at] = (buckets[at] ?? 0) + 1
      added += 1
      sum += ms
      max = Math.max(max, ms)
    },
    times: () => {
      if (added === 0) return { mean: 0, p50: 0, p95: 0, p99: 0, max: 0 }
      const [p50, p95, p99] = [percentile(0.5), percentile(0.95), percentile(0.99)]
      return {
        mean: rounded(sum / added),
        p50: rounded(p50),
        p95: rounded(p95),
        p99: rounded(p99),
        max: rounded(max),
      }
    },
  }
}

function bucketOf(ms: number): number {
  if (ms <= LEAST_MS) return 0
  return Math.min(BUCKETS - 1, Math.floor(Math.log(ms / LEAST_MS) / Math.log(STEP)))
}

function middleOf(at: number): number {
  return LEAST_MS * STEP ** (at + 0.5)
}

/** Four digits that mean something: more would look more exact than a measurement is. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

/** 0 where there is nothing to divide by. */
export function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : rounded(part / whole)
}
