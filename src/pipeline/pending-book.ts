import type { EpochMs } from '../core/alert.ts'
import type { Clock } from '../core/clock.ts'
import type { DeadLetters } from '../core/dead-letter.ts'
import type { ComponentId } from '../core/indicator.ts'
import type { Store } from '../core/ports.ts'
import type { PendingEvents, PendingSize } from '../telemetry/events/pending.ts'
import { chunkHead, type ChunkHead } from './pending-chunk.ts'

/** Where a chunk of alerts lies in the store. */
export interface PendingEntry {
  readonly key: string
  readonly provider: ComponentId
  alerts: number
  bytes: number
  /** When it was worked on first, by the wall clock: for records. No decision hangs on it, as that clock may step. */
  readonly since: EpochMs
  /** The same by the monotonic clock of this process; before its start where an earlier one wrote it. */
  readonly bornAt: number
  /** When it is given up, by the same clock. */
  readonly givenUpAt: number
}

/** What lies in the store, by provider, oldest first; in memory, so that nothing is read to know it. */
export interface PendingBook {
  /** A key behind all others of a provider. */
  nextKey(provider: ComponentId): string
  add(entry: PendingEntry): void
  remove(entry: PendingEntry): void
  entries(provider: ComponentId): readonly PendingEntry[]
  /** Of the providers that are configured. */
  all(): readonly PendingEntry[]
  /** Of providers that are not configured any more. */
  strangers(): readonly PendingEntry[]
  size(provider: ComponentId): PendingSize
}

const PREFIX = 'pending/'
/** What an earlier process left is kept for so long at least: the clock may have been wrong then, or may be now. */
const GRACE_MS = 3_600_000

export interface BookOptions {
  readonly store: Store
  readonly providers: readonly ComponentId[]
  readonly events: PendingEvents
  readonly clock: Clock
  readonly config: { readonly maxAge: number }
  readonly deadLetters: Pick<DeadLetters, 'put'>
  /** When it aborts nothing is given up any more. */
  readonly stop: AbortSignal
}

/** Reads what an earlier process left; gives up what is damaged, leaves what a later version has written. Rejects when the store fails. */
export async function openPendingBook(options: BookOptions): Promise<PendingBook> {
  const { store, providers, events } = options
  const queues = new Map<ComponentId, PendingEntry[]>(providers.map((id) => [id, []]))
  const strangers: PendingEntry[] = []
  const foreign = new Map<ComponentId, number>()
  let next = 1
  for await (const [key, bytes] of store.scan(PREFIX)) {
    const [, provider = '', sequence = ''] = key.split('/')
    next = Math.max(next, Number(sequence) + 1 || 1)
    const head = chunkHead(bytes)
    if (head === undefined) await giveUp(key, provider, options)
    else if (head === 'foreign') foreign.set(provider, (foreign.get(provider) ?? 0) + 1)
    else {
      const entry = { key, provider, ...head, bytes: bytes.length, ...timesOf(head, options) }
      const queue = queues.get(provider) ?? strangers
      queue.push(entry)
    }
  }
  for (const [provider, batches] of foreign) events.foreign(provider, batches)
  for (const [provider, alerts] of alertsBy(strangers)) events.orphaned(provider, alerts)
  for (const [provider, entries] of queues) if (entries.length > 0) events.found(provider, entries)
  return createBook(queues, strangers, next)
}

/** How many alerts it had is not to be told any more: one at least. */
async function giveUp(
  key: string,
  provider: ComponentId,
  { store, events, deadLetters, stop }: BookOptions,
): Promise<void> {
  const text = 'Alerts that cannot be read back'
  if (!(await deadLetters.put([{ reason: 'damaged', component: provider, text }], stop))) return
  events.dropped(provider, 'damaged', 1)
  await store.delete(key)
}

/** Its age, as far as the wall clock can be believed: a clock that was set back makes it none, one that was set forward at most `maxAge`. */
function timesOf(
  { since }: ChunkHead,
  { clock, config }: BookOptions,
): Pick<PendingEntry, 'bornAt' | 'givenUpAt'> {
  const now = clock.monotonic()
  const bornAt = now - Math.min(Math.max(0, clock.now() - since), config.maxAge)
  return { bornAt, givenUpAt: Math.max(bornAt + config.maxAge, now + GRACE_MS) }
}

function alertsBy(entries: readonly PendingEntry[]): ReadonlyMap<ComponentId, number> {
  const sums = new Map<ComponentId, number>()
  for (const { provider, alerts } of entries) sums.set(provider, (sums.get(provider) ?? 0) + alerts)
  return sums
}

function createBook(
  queues: ReadonlyMap<ComponentId, PendingEntry[]>,
  strangers: PendingEntry[],
  first: number,
): PendingBook {
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
      const queue = queues.get(entry.provider) ?? strangers
      const at = queue.indexOf(entry)
      if (at >= 0) queue.splice(at, 1)
    },
    entries: (provider) => queues.get(provider) ?? [],
    all: () => [...queues.values()].flat(),
    strangers: () => strangers.slice(),
    size: (provider) => sizeOf(queues.get(provider) ?? []),
  }
}

function sizeOf(entries: readonly PendingEntry[]): PendingSize {
  const sums = {
    alerts: entries.reduce((sum, { alerts }) => sum + alerts, 0),
    bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
  }
  const bornAt = entries[0]?.bornAt
  return bornAt === undefined ? sums : { ...sums, bornAt }
}
