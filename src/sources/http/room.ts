import { onAbort } from '../../core/abort.ts'

/** A number of bytes that several may use at a time; whoever finds too little left waits, the first one first. */
export interface Room {
  /** Resolves with what gives the bytes back; undefined at abort. More than there are at all counts as all of them. */
  take(bytes: number, signal: AbortSignal): Promise<(() => void) | undefined>
}

interface Waiting {
  readonly bytes: number
  readonly enter: () => void
}

export function createRoom(total: number): Room {
  let used = 0
  const waiting = new Set<Waiting>()

  function admit(): void {
    for (const next of waiting) {
      if (used + next.bytes > total) return
      waiting.delete(next)
      used += next.bytes
      next.enter()
    }
  }
  function leave(bytes: number): () => void {
    let left = false
    return () => {
      if (left) return
      left = true
      used -= bytes
      admit()
    }
  }
  return {
    take: (wanted, signal) => {
      const bytes = Math.min(wanted, total)
      if (signal.aborted) return Promise.resolve(undefined)
      return new Promise((resolve) => {
        const entry: Waiting = {
          bytes,
          enter: () => {
            unlisten()
            resolve(leave(bytes))
          },
        }
        const unlisten = onAbort(signal, () => {
          waiting.delete(entry)
          resolve(undefined)
          // Those behind may need less.
          admit()
        })
        waiting.add(entry)
        admit()
      })
    },
  }
}
