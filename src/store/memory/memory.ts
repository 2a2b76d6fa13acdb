import type { Clock } from '../../core/clock.ts'
import type { Store } from '../../core/ports.ts'
import { createExpiryHeap } from './expiry-heap.ts'

export interface MemoryStoreOptions {
  readonly clock: Clock
  /** Most entries held; the ones next to expire make room. */
  readonly maxEntries: number
}

interface Entry {
  readonly value: Uint8Array
  /** Monotonic milliseconds: what lives no longer than the process need not follow the wall clock. */
  readonly expiresAt: number
}

/**
 * State in memory. At `maxEntries` the entry next to expire is forgotten: a claim lost that way gives a duplicate,
 * never a loss.
 */
export function createMemoryStore(options: MemoryStoreOptions): Store {
  const { clock, maxEntries } = options
  const entries = new Map<string, Entry>()
  const expiries = createExpiryHeap()
  const keysWith = (prefix: string): string[] => [...entries.keys()].filter((key) => key.startsWith(prefix))

  function live(key: string): Entry | undefined {
    const entry = entries.get(key)
    return entry !== undefined && clock.monotonic() < entry.expiresAt ? entry : undefined
  }

  function write(key: string, value: Uint8Array, ttlMs: number): void {
    const now = clock.monotonic()
    const entry = { value, expiresAt: now + (ttlMs > 0 ? ttlMs : 0) }
    entries.set(key, entry)
    expiries.push(entry.expiresAt, key)
    shrink(now)
  }

  /** Drops what has expired, then what is next to expire, then heap entries that were overwritten. */
  function shrink(now: number): void {
    for (let next = expiries.peek(); next !== undefined; next = expiries.peek()) {
      const stale = entries.get(next.key)?.expiresAt !== next.expiresAt
      if (!stale && now < next.expiresAt && entries.size <= maxEntries) break
      expiries.pop()
      if (!stale) entries.delete(next.key)
    }
    if (expiries.size() > 2 * entries.size + 64) {
      expiries.rebuild([...entries].map(([key, { expiresAt }]) => ({ key, expiresAt })))
    }
  }

  return {
    get: (key) => Promise.resolve(copyOf(live(key))),
    set: (key, value, ttlMs) => Promise.resolve(write(key, new Uint8Array(value), ttlMs)),
    claim: (key, ttlMs) => {
      if (live(key) !== undefined) return Promise.resolve(false)
      write(key, new Uint8Array(0), ttlMs)
      return Promise.resolve(true)
    },
    delete: (key) => {
      entries.delete(key)
      return Promise.resolve()
    },
    scan: async function* (prefix) {
      for (const key of keysWith(prefix).toSorted(compareUtf8)) {
        const entry = live(key)
        if (entry !== undefined) yield [key, new Uint8Array(entry.value)]
      }
    },
    count: (prefix) => Promise.resolve(keysWith(prefix).filter((key) => live(key) !== undefined).length),
    close: () => {
      entries.clear()
      expiries.rebuild([])
      return Promise.resolve()
    },
  }
}

/** Key order is that of the UTF-8 bytes, as in LMDB; `<` on strings would go by UTF-16 units. */
function compareUtf8(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right))
}

function copyOf(entry: Entry | undefined): Uint8Array | undefined {
  return entry === undefined ? undefined : new Uint8Array(entry.value)
}
