import type { Update } from './record.ts'

/**
 * The unfinished batches of one file, in reading order. Acknowledgements come in any order; `commit` is called in order
 * and only for what has nothing unacknowledged before it.
 */
export interface AckQueue {
  /** Adds a batch; the result acknowledges it (again and again does no harm). */
  add(update: Update): () => void
  /** Adds a step that needs no acknowledgement: it is committed right after what stands before it. */
  pass(update: Update): void
  /** Batches not committed yet, acknowledged or not. */
  size(): number
}

interface Entry {
  acked: boolean
  /** The batch's own step, then those passed after it. */
  readonly updates: Update[]
}

export function createAckQueue(commit: (update: Update) => void): AckQueue {
  const entries: Entry[] = []
  return {
    size: () => entries.length,
    add: (update) => {
      const entry: Entry = { acked: false, updates: [update] }
      entries.push(entry)
      return () => {
        entry.acked = true
        for (let head = entries[0]; head?.acked === true; head = entries[0]) {
          entries.shift()
          head.updates.forEach(commit)
        }
      }
    },
    pass: (update) => {
      const last = entries.at(-1)
      if (last === undefined) return commit(update)
      // Only the newest of several positions counts: a stuck batch must not make this list grow.
      if (last.updates.length > 1 && update.kind === 'at' && last.updates.at(-1)?.kind === 'at')
        last.updates.pop()
      last.updates.push(update)
    },
  }
}
