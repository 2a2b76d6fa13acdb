import type { Clock } from '../../core/clock.ts'
import type { ComponentId } from '../../core/indicator.ts'
import type { ObservableKey } from '../../core/observable.ts'
import type { Store } from '../../core/ports.ts'
import type { LookupEvents } from '../../telemetry/events/lookup.ts'
import { createStoredCount } from './stored-count.ts'
import { decodeAnswer, encodeAnswer, type DatedAnswer } from './schema.ts'

export interface StoredAnswersOptions {
  readonly provider: ComponentId
  readonly store: Store
  /** What answers depend on besides the value: the server asked and the filters of the question. Others are not used. */
  readonly fingerprint: string
  readonly events: LookupEvents
  readonly clock: Clock
  /** Most answers in the store. */
  readonly maxStored: number
}

/** Answers in the store, at `lookup/<provider>/<observable key>`. A store that fails is told and does no harm. */
export interface StoredAnswers {
  read(key: ObservableKey): Promise<DatedAnswer | undefined>
  /** Returns at once. */
  write(key: ObservableKey, answer: DatedAnswer, ttlMs: number): void
  /** When all writes are done or have failed. */
  idle(): Promise<void>
}

/** Writes under way: beyond it an answer is kept in memory only, as a store that slow must not fill the memory. */
const MAX_WRITES = 20_000

export function createStoredAnswers(options: StoredAnswersOptions): StoredAnswers {
  const { provider, store, fingerprint, events, clock, maxStored: max } = options
  const writes = new Set<Promise<unknown>>()
  const prefix = `lookup/${provider}/`
  const count = createStoredCount({ store, prefix, max, clock })
  const storeKey = (key: ObservableKey): string => prefix + key

  return {
    read: async (key) => {
      try {
        const bytes = await store.get(storeKey(key))
        if (bytes === undefined) return undefined
        const found = decodeAnswer(bytes)
        if (found === undefined) events.cacheDamaged()
        return found?.fingerprint === fingerprint ? found : undefined
      } catch (error) {
        events.cacheFailed('read', error)
        return undefined
      }
    },
    write: (key, { at, answer }, ttlMs) => {
      if (writes.size >= MAX_WRITES) return events.cacheNotStored('slow')
      if (!count.admits()) return events.cacheNotStored('full')
      const writing = store
        .set(storeKey(key), encodeAnswer({ at, answer, fingerprint }), ttlMs)
        .catch((error: unknown) => events.cacheFailed('write', error))
        .finally(() => writes.delete(writing))
      writes.add(writing)
    },
    idle: async () => {
      while (writes.size > 0) await Promise.all(writes)
      await count.idle()
    },
  }
}
