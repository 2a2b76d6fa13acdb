import { setMaxListeners } from 'node:events'
import type { Clock } from '../../src/core/clock.ts'

export interface ManualClock extends Clock {
  /** Moves both clocks on by `ms` and wakes the sleepers that are due, in order. */
  advance(ms: number): Promise<void>
  /** Steps the wall clock alone, as NTP does. */
  step(ms: number): void
}

/** A clock that moves only when told. Starts at 2026-03-09T08:00:00Z. */
export function manualClock(start = Date.UTC(2026, 2, 9, 8)): ManualClock {
  let wall = start
  let mono = 0
  let sleepers: { at: number; wake: () => void }[] = []
  return {
    now: () => wall,
    monotonic: () => mono,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve()
        const sleeper = { at: mono + ms, wake: resolve }
        sleepers.push(sleeper)
        if (signal === undefined) return
        setMaxListeners(0, signal)
        signal.addEventListener('abort', () => resolve(), { once: true })
      }),
    advance: async (ms) => {
      wall += ms
      mono += ms
      const due = sleepers.filter(({ at }) => at <= mono).toSorted((a, b) => a.at - b.at)
      sleepers = sleepers.filter(({ at }) => at > mono)
      for (const { wake } of due) wake()
      await new Promise((resolve) => setImmediate(resolve))
    },
    step: (ms) => {
      wall += ms
    },
  }
}
