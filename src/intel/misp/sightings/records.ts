import type { Clock } from '../../../core/clock.ts'
import type { ComponentId } from '../../../core/indicator.ts'
import type { Store } from '../../../core/ports.ts'
import type { MispConfig } from '../config.ts'
import { intervalOf, type SightingEntry } from './entry.ts'
import { decodeRecord, encodeRecord } from './schema.ts'

/** What the store holds of a sighting. Every call rejects as the store does. */
export interface SightingRecords {
  /** The sighting while it waits, 'settled' afterwards, undefined when it is not known. */
  get(uuid: string): Promise<SightingEntry | 'settled' | undefined>
  saveWaiting(entry: SightingEntry): Promise<void>
  saveSettled(entry: SightingEntry): Promise<void>
  all(): AsyncIterable<readonly [uuid: string, SightingEntry | 'settled']>
}

export interface RecordsOptions {
  readonly id: ComponentId
  readonly config: MispConfig['sightings']
  readonly store: Store
  readonly clock: Clock
}

const HOUR_MS = 3_600_000
/** How long a settled one is known beyond its interval: alerts may be read again after a restart, or be late. */
const MARGIN_MS = HOUR_MS
/** A provider that was taken out of the configuration leaves nothing for ever. */
const MAX_WAIT_MS = 60 * 24 * HOUR_MS

export function createRecords({ id, config, store, clock }: RecordsOptions): SightingRecords {
  const prefix = `sighting/${id}/`
  const settled = encodeRecord({ state: 'sent' })
  return {
    get: async (uuid) => {
      const bytes = await store.get(prefix + uuid)
      return bytes === undefined ? undefined : read(uuid, bytes)
    },
    saveWaiting: ({ uuid, ...rest }) =>
      store.set(prefix + uuid, encodeRecord({ state: 'queued', ...rest }), MAX_WAIT_MS),
    saveSettled: ({ uuid, seenAt }) => {
      const end = (intervalOf(seenAt, config.interval) + 1) * config.interval
      const left = Math.min(Math.max(end - clock.now(), 0), config.interval)
      return store.set(prefix + uuid, settled, left + MARGIN_MS)
    },
    all: async function* () {
      for await (const [key, bytes] of store.scan(prefix)) {
        const uuid = key.slice(prefix.length)
        const known = read(uuid, bytes)
        if (known !== undefined) yield [uuid, known]
      }
    },
  }
}

function read(uuid: string, bytes: Uint8Array): SightingEntry | 'settled' | undefined {
  const record = decodeRecord(bytes)
  if (record === undefined) return undefined
  if (record.state === 'sent') return 'settled'
  const { event, attribute, value, seenAt, source } = record
  return { uuid, event, attribute, value, seenAt, source }
}
