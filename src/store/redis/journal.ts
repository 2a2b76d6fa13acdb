import type { Clock } from '../../core/clock.ts'
import type { Store } from '../../core/ports.ts'

/** What was written while the shared store was away, the last of each key, to be told to it. */
export interface Journal {
  /** `value` undefined: the key was deleted. `claim`: it counts only where nobody else has the key. */
  note(key: string, write: Write): void
  size(): number
  /** Writes it all to `store`, oldest first, and forgets what was written. Rejects with the error of the store; the rest stays. */
  tell(store: Store): Promise<number>
}

export interface Write {
  readonly value: Uint8Array | undefined
  readonly ttlMs: number
  readonly claim?: boolean
}

interface Noted extends Write {
  readonly at: number
}

export interface JournalEvents {
  /** One write is forgotten: too many came after it. */
  forgotten(): void
  /** How many writes wait to be told. */
  waiting(entries: number): void
}

/** At most `max` keys: beyond that the oldest are forgotten. */
export function createJournal(max: number, clock: Clock, events: JournalEvents): Journal {
  const noted = new Map<string, Noted>()
  return {
    note: (key, write) => {
      noted.delete(key)
      noted.set(key, { ...write, at: clock.monotonic() })
      if (noted.size > max) {
        const [oldest] = noted.keys()
        if (oldest !== undefined) noted.delete(oldest)
        events.forgotten()
      }
      events.waiting(noted.size)
    },
    size: () => noted.size,
    tell: async (store) => {
      let told = 0
      for (const [key, write] of noted) {
        await tellOne(store, key, write, clock)
        // It may have been written anew meanwhile.
        if (noted.get(key) === write) noted.delete(key)
        events.waiting(noted.size)
        told += 1
      }
      return told
    },
  }
}

async function tellOne(store: Store, key: string, write: Noted, clock: Clock): Promise<void> {
  const leftMs = write.ttlMs - (clock.monotonic() - write.at)
  if (write.value === undefined) return store.delete(key)
  if (!(leftMs > 0)) return
  if (write.claim === true) await store.claim(key, leftMs)
  else await store.set(key, write.value, leftMs)
}
