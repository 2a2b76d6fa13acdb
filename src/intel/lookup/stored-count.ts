import type { Clock } from '../../core/clock.ts'
import type { Store } from '../../core/ports.ts'

export interface StoredCountOptions {
  readonly store: Pick<Store, 'count'>
  readonly prefix: string
  readonly max: number
  readonly clock: Clock
}

/** How many entries a store has below a prefix, about: never fewer are counted than there are, once they were counted at all. */
export interface StoredCount {
  /** Whether one more may be written; counts it if so. */
  admits(): boolean
  /** When no counting is under way. */
  idle(): Promise<void>
}

/** The store forgets entries by itself, so at the bound they are counted anew: a second for a million in LMDB. */
const RECOUNT_MS = 600_000

export function createStoredCount({ store, prefix, max, clock }: StoredCountOptions): StoredCount {
  let count = 0
  let added = 0
  let dueAt = -Infinity
  let counting: Promise<void> | undefined

  async function recount(): Promise<void> {
    added = 0
    const found = await store.count(prefix)
    // What was added meanwhile may have been found, too.
    count = found + added
  }

  function beginRecount(): void {
    if (counting !== undefined || clock.monotonic() < dueAt) return
    dueAt = clock.monotonic() + RECOUNT_MS
    // A store that fails says so where answers are read and written.
    counting = recount()
      .catch(() => undefined)
      .finally(() => (counting = undefined))
  }

  return {
    admits: () => {
      if (dueAt === -Infinity || count >= max) beginRecount()
      if (count >= max) return false
      count += 1
      added += 1
      return true
    },
    idle: async () => {
      await counting
    },
  }
}
