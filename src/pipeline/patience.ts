import type { Clock } from '../core/clock.ts'

export interface PatienceOptions {
  /** How long a caller waits. */
  readonly ms: number
  /** Most values of look-ups that go on behind their callers. */
  readonly maxLeft?: number
  readonly clock: Clock
}

export interface Work {
  readonly run: (signal: AbortSignal) => Promise<void>
  /** How many values it looks up. */
  readonly values: number
  readonly signal: AbortSignal
}

/** Resolves when the work is done, but after the patience at the latest; what is still running goes on. */
export type WithPatience = (work: Work) => Promise<void>

/** About 30 MB of promises, callers and values. */
const MAX_LEFT = 10_000
/** Of the patience, while the provider is known to be late. */
const SHORT = 1 / 4

/**
 * A provider that hangs must neither stop the alerts nor fill the memory. While look-ups of earlier callers are late, the next ones
 * wait a quarter as long: four batches at a time would let through 500 alerts a second otherwise. When more values are
 * late than the bound, all look-ups begun until then are given up: their alerts are kept and asked for again.
 */
export function createPatience({ ms, clock, maxLeft = MAX_LEFT }: PatienceOptions): WithPatience {
  let left = 0
  let era: Era | undefined

  return async ({ run, values, signal }) => {
    if (era?.outer !== signal) era = beginEra(signal)
    const done = new AbortController()
    const ended = run(era.signal).finally(() => done.abort())
    await Promise.race([ended, clock.sleep(left > 0 ? ms * SHORT : ms, done.signal)])
    if (done.signal.aborted) return
    left += values
    const settled = (): void => {
      left -= values
    }
    ended.then(settled, settled)
    if (left <= maxLeft) return
    era.giveUp()
    era = undefined
  }
}

/** Look-ups that are given up together: a signal for each of them would cost more than the look-up. */
interface Era {
  readonly outer: AbortSignal
  readonly signal: AbortSignal
  giveUp(): void
}

function beginEra(outer: AbortSignal): Era {
  const ending = new AbortController()
  return { outer, signal: AbortSignal.any([outer, ending.signal]), giveUp: () => ending.abort() }
}
