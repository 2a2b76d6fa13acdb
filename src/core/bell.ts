import { onAbort } from './abort.ts'

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
          unlisten()
          resolve()
        }
        const unlisten = onAbort(signal, done)
        waiting.push(done)
      }),
  }
}
