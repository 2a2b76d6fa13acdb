import type { Clock } from '../../../core/clock.ts'
import type { ComponentId } from '../../../core/indicator.ts'
import type { Store } from '../../../core/ports.ts'
import { decodeTally, encodeTally } from './schema.ts'
import { isWaiting, RENEW_MS, type Tally } from './tally.ts'

/** What the store holds of sightings. Every call rejects as the store does. */
export interface SightingRecords {
  get(key: string): Promise<Tally | undefined>
  save(tally: Tally): Promise<void>
  delete(key: string): Promise<void>
  all(): AsyncIterable<Tally>
}

export interface RecordsOptions {
  readonly id: ComponentId
  readonly store: Store
  readonly clock: Clock
}

const DAY_MS = 86_400_000
/** A provider that was taken out of the configuration leaves nothing for ever. */
const MAX_WAIT_MS = 60 * DAY_MS
/** Alerts may be late, or be read again. */
const MARGIN_MS = DAY_MS

export function createRecords({ id, store, clock }: RecordsOptions): SightingRecords {
  const prefix = `sighting/${id}/`

  /** A sighting that was told is known for as long as it can be added to. */
  function timeToLive(tally: Tally): number {
    if (isWaiting(tally) || tally.told === undefined) return MAX_WAIT_MS
    const left = tally.told.first + RENEW_MS - clock.now()
    return Math.min(Math.max(left, 0), RENEW_MS) + MARGIN_MS
  }

  return {
    get: async (key) => {
      const bytes = await store.get(prefix + key)
      return bytes === undefined ? undefined : decodeTally(key, bytes)
    },
    save: (tally) => store.set(prefix + tally.key, encodeTally(tally), timeToLive(tally)),
    delete: (key) => store.delete(prefix + key),
    all: async function* () {
      for await (const [stored, bytes] of store.scan(prefix)) {
        const tally = decodeTally(stored.slice(prefix.length), bytes)
        if (tally !== undefined) yield tally
      }
    },
  }
}
