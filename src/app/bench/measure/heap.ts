import type { ResultOf } from '../schema.ts'
import { slopeOf } from './slope.ts'

export interface HeapSample {
  /** Since the start. */
  readonly alerts: number
  readonly heap_bytes: number
}

/** Growth counts when it is above both: a leak of one alert each, and more than code and caches of the engine take. */
const MOST_BYTES_PER_ALERT = 1024
const MOST_BYTES = 2 * 1024 * 1024
/** Over fewer alerts nothing can be told. */
const LEAST_ALERTS = 1000
/** The first part is that in which caches fill and code is compiled. */
const UNJUDGED_SHARE = 1 / 3

type HeapVerdict = Pick<
  ResultOf<'resources'>,
  | 'judged_alerts'
  | 'heap_growth_bytes_per_alert'
  | 'heap_growth_bytes'
  | 'limit_bytes_per_alert'
  | 'limit_bytes'
  | 'verdict'
>

/** Whether the heap grows, by the line through the last two thirds of its samples. */
export function judgeHeap(samples: readonly HeapSample[]): HeapVerdict {
  const judged = samples.slice(Math.floor(samples.length * UNJUDGED_SHARE))
  const alerts = (judged.at(-1)?.alerts ?? 0) - (judged[0]?.alerts ?? 0)
  const slope = slopeOf(judged.map((sample) => ({ x: sample.alerts, y: sample.heap_bytes })))
  const growth = slope * alerts
  const grows = slope > MOST_BYTES_PER_ALERT && growth > MOST_BYTES
  return {
    judged_alerts: alerts,
    heap_growth_bytes_per_alert: Number(slope.toFixed(1)),
    heap_growth_bytes: Math.round(growth),
    limit_bytes_per_alert: MOST_BYTES_PER_ALERT,
    limit_bytes: MOST_BYTES,
    verdict: alerts < LEAST_ALERTS ? 'undecided' : grows ? 'grows' : 'steady',
  }
}
