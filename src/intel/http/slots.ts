import { onAbort } from '../../core/abort.ts'

/** Lets a bounded number of holders in at a time, in the order they asked. */
export interface Slots {
  /** Resolves with the function that gives the slot back, once. Rejects with the signal's reason after abort. */
  take(signal: AbortSignal): Promise<() => void>
}

export function createSlots(count: number): Slots {
  let free = count
  const waiting = new Set<() => void>()

  function giveBack(): void {
    free += 1
    const [next] = waiting
    if (next === undefined) return
    waiting.delete(next)
    next()
  }

  function taken(): () => void {
    free -= 1
    let held = true
    return () => {
      if (held) giveBack()
      held = false
    }
  }

  return {
    take: async (signal) => {
      signal.throwIfAborted()
      if (free > 0) return taken()
      return new Promise((resolve, reject) => {
        const enter = (): void => {
          unlisten()
          resolve(taken())
        }
        const unlisten = onAbort(signal, () => {
          waiting.delete(enter)
          reject(signal.reason)
        })
        waiting.add(enter)
      })
    },
  }
}
