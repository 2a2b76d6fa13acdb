import { setMaxListeners } from 'node:events'

export interface Bell {
  readonly ring: () => void
  /** Resolves at the next ring, or at abort. */
  readonly rung: (signal: AbortSignal) => Promise<void>
}

/** Wakes everybody who waits for a change. */
export function createBell(): Bell {
  let waiting: (() => void)[] = []
  return {
    ring: () => {
      const woken = waiting
      waiting = []
      for (const wake of woken) wake()
    },
    rung: (signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve()
        const done = (): void => {
          signal.removeEventListener('abort', done)
          resolve()
        }
        // All who wait may share one signal; Node takes more than 10 listeners for a leak.
        setMaxListeners(0, signal)
        signal.addEventListener('abort', done, { once: true })
        waiting.push(done)
      }),
  }
}
