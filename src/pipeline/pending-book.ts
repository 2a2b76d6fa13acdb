import type { EpochMs } from '../core/alert.ts'
import type { ComponentId } from '../core/indicator.ts'
import type { Store } from '../core/ports.ts'
import type { PendingEvents, PendingSize } from '../telemetry/events/pending.ts'
import { chunkHead } from './pending-chunk.ts'

/** Where a chunk of alerts lies in the store. */
export interface PendingEntry {
  readonly key: string
  readonly provider: ComponentId
  alerts: number
  bytes: number
  readonly since: EpochMs
}

/** What lies in the store, by provider, oldest first; in memory, so that nothing is read to know it. */
export interface PendingBook {
  /** A key behind all others of a provider. */
  nextKey(provider: ComponentId): string
  add(entry: PendingEntry): void
  remove(entry: PendingEntry): void
  entries(provider: ComponentId): readonly PendingEntry[]
  all(): readonly PendingEntry[]
  size(provider: ComponentId): PendingSize
}

const PREFIX = 'pending/'

export interface BookOptions {
  readonly store: Store
  readonly providers: readonly ComponentId[]
  readonly events: PendingEvents
}

/** Reads what an earlier process left; deletes what is damaged. Rejects when the store fails. */
export async function openPendingBook({ store, providers, events }: BookOptions): Promise<PendingBook> {
  const queues = new Map<ComponentId, PendingEntry[]>(providers.map((id) => [id, []]))
  const strangers = new Map<ComponentId, number>()
  let next = 1
  for await (const [key, bytes] of store.scan(PREFIX)) {
    const [, provider = '', sequence = ''] = key.split('/')
    next = Math.max(next, Number(sequence) + 1 || 1)
    const head = chunkHead(bytes)
    const queue = queues.get(provider)
    if (queue === undefined) strangers.set(provider, (strangers.get(provider) ?? 0) + (head?.alerts ?? 0))
    else if (head !== undefined) queue.push({ key, provider, ...head, bytes: bytes.length })
    else {
      events.dropped(provider, 'damaged', 0)
      await store.delete(key)
    }
  }
  for (const [provider, alerts] of strangers) events.orphaned(provider, alerts)
  for (const [provider, entries] of queues) if (entries.length > 0) events.found(provider, entries)
  return createBook(queues, next)
}

function createBook(queues: ReadonlyMap<ComponentId, PendingEntry[]>, first: number): PendingBook {
  let next = first
  return {
    // Byte order is the order of arrival, also over a restart and a clock that was set back.
    nextKey: (provider) => `${PREFIX}${provider}/${(next++).toString().padStart(15, '0')}`,
    add: (entry) => {
      const queue = queues.get(entry.provider)
      queue?.push(entry)
      // Two batches at a time may be written, and the later one be durable first.
      queue?.sort((a, b) => (a.key < b.key ? -1 : 1))
    },
    remove: (entry) => {
      const queue = queues.get(entry.provider)
      const at = queue?.indexOf(entry) ?? -1
      if (at >= 0) queue?.splice(at, 1)
    },
    entries: (provider) => queues.get(provider) ?? [],
    all: () => [...queues.values()].flat(),
    size: (provider) => sizeOf(queues.get(provider) ?? []),
  }
}

function sizeOf(entries: readonly PendingEntry[]): PendingSize {
  const sums = {
    alerts: entries.reduce((sum, { alerts }) => sum + alerts, 0),
    bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
  }
  const oldest = entries[0]?.since
  return oldest === undefined ? sums : { ...sums, oldest }
}
