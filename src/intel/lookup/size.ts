import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import type { Observable } from '../../core/observable.ts'
import type { LookupEvents } from '../../telemetry/events/lookup.ts'
import type { AskLayer } from './ask.ts'
import { isTimeOut } from './wait.ts'

export interface BatchSizeOptions {
  /** Values in one request, at most and to begin with. */
  readonly max: number
  /** Never made smaller than this by slow answers. Default 10. */
  readonly min?: number
  /** A request that takes longer halves the size; one that takes less than a quarter of it lets it grow. Default 5 s. */
  readonly slowMs?: number
  /** How many values an observable costs in a request. */
  readonly weigh: (observable: Observable) => number
  readonly clock: Clock
  readonly events: LookupEvents
}

export interface BatchSize {
  /** Measures each try. Goes inside the rate limit, whose waiting is none of the server's, and outside the time-out. */
  readonly layer: AskLayer
  /** Values in one request now. */
  readonly current: () => number
}

/** One step of growth: a tenth, but at least this. */
const MIN_STEP = 10

/**
 * How many values a request carries, by the time the server needs: halved when it is slow or overloaded, grown by steps
 * when it is fast. A request that was much smaller than the size says nothing about it and lets nothing grow.
 */
export function createBatchSize(options: BatchSizeOptions): BatchSize {
  const { max, slowMs = 5000, weigh, clock, events } = options
  const min = Math.min(options.min ?? 10, max)
  let size = max

  function change(to: number): void {
    const bounded = Math.min(max, Math.max(min, to))
    if (bounded === size) return
    events.batchResized(size, bounded)
    size = bounded
  }

  /** Half of the request or of the size, whichever is more: the retries of one request do not halve again and again. */
  function shrink(weight: number): void {
    change(Math.min(size, Math.floor(Math.max(weight, size) / 2)))
  }

  function answered(weight: number, ms: number): void {
    if (ms > slowMs) shrink(weight)
    else if (ms < slowMs / 4 && weight >= size / 2) change(size + Math.max(MIN_STEP, Math.ceil(size / 10)))
  }

  return {
    current: () => size,
    layer: (next) => async (observables, signal) => {
      const weight = totalWeight(observables, weigh)
      const start = clock.monotonic()
      try {
        const answers = await next(observables, signal)
        answered(weight, clock.monotonic() - start)
        return answers
      } catch (error) {
        if (isOverload(error)) shrink(weight)
        throw error
      }
    },
  }
}

/** Whether a smaller request may do better. */
export function isOverload(error: unknown): boolean {
  return isTimeOut(error) || (error instanceof AppError && error.code === 'PROVIDER_OVERLOADED')
}

function totalWeight(observables: readonly Observable[], weigh: (observable: Observable) => number): number {
  return observables.reduce((sum, observable) => sum + weigh(observable), 0)
}
