import { LRUCache } from 'lru-cache'
import type { SightingEvents } from '../../../telemetry/events/sightings.ts'
import type { SightingEntry } from './entry.ts'
import type { SightingRecords } from './records.ts'

/** A sighting that is not settled yet. */
export interface Waiting {
  readonly entry: SightingEntry
  /** An earlier attempt may have reached the server: its answer was lost, or an earlier run made it. */
  readonly inDoubt: boolean
}

/** The durable queue: what waits is held in memory, too, at most `maxQueued`. */
export interface SightingQueue {
  /**
   * Takes the first of each interval; resolves when it is durable. Never rejects: what the store cannot take, which it tells
   * itself, waits in memory. Matches must not wait for sightings.
   */
  add(entries: readonly SightingEntry[]): Promise<void>
  /** Reads what an earlier run left. Rejects as the store does. */
  restore(): Promise<void>
  /** Oldest first, those that were put back last. */
  waiting(): readonly Waiting[]
  /** They are not to be sent any more. Never rejects: at worst they are sent again after a restart. */
  settle(items: readonly Waiting[]): Promise<void>
  /** To the end of the queue, in doubt. */
  putBack(items: readonly Waiting[]): void
}

interface Queue {
  readonly waiting: Map<string, Waiting>
  /** Settled ones, which spares reads of the store. */
  readonly settled: LRUCache<string, true>
  readonly records: SightingRecords
  readonly events: SightingEvents
  readonly maxQueued: number
}

const MAX_REMEMBERED = 50_000

export function createSightingQueue(
  records: SightingRecords,
  maxQueued: number,
  events: SightingEvents,
): SightingQueue {
  const waiting = new Map<string, Waiting>()
  const settled = new LRUCache<string, true>({ max: MAX_REMEMBERED })
  const queue = { waiting, settled, records, events, maxQueued }
  let adding: Promise<void> = Promise.resolve()
  return {
    // One after the other: a second call must not take for known what the first has not made durable.
    add: (entries) => {
      adding = adding.then(() => add(queue, entries))
      return adding
    },
    restore: async () => {
      const before = waiting.size
      for await (const [uuid, known] of records.all()) recall(queue, uuid, known)
      events.restored(waiting.size - before)
    },
    waiting: () => [...waiting.values()],
    settle: async (items) => {
      for (const { entry } of items) {
        waiting.delete(entry.uuid)
        settled.set(entry.uuid, true)
      }
      events.waiting(waiting.size)
      // The store tells its failures itself.
      await Promise.allSettled(items.map(({ entry }) => records.saveSettled(entry)))
    },
    putBack: (items) => {
      for (const { entry } of items) {
        waiting.delete(entry.uuid)
        waiting.set(entry.uuid, { entry, inDoubt: true })
      }
    },
  }
}

async function add(queue: Queue, entries: readonly SightingEntry[]): Promise<void> {
  const { waiting, settled, records, events, maxQueued } = queue
  const unknown = new Map<string, SightingEntry>()
  for (const entry of entries) {
    const { uuid } = entry
    if (!waiting.has(uuid) && !settled.has(uuid) && !unknown.has(uuid)) unknown.set(uuid, entry)
  }
  const candidates = [...unknown.values()]
  const stored = await Promise.allSettled(candidates.map(({ uuid }) => records.get(uuid)))
  const fresh = candidates.filter(({ uuid }, index) => {
    const found = stored[index]
    const known = found?.status === 'fulfilled' ? found.value : undefined
    if (known !== undefined) recall(queue, uuid, known)
    return known === undefined
  })
  const taken = fresh.slice(0, Math.max(0, maxQueued - waiting.size))
  await Promise.allSettled(taken.map((entry) => records.saveWaiting(entry)))
  for (const entry of taken) enqueue(queue, entry, false)
  if (entries.length > fresh.length) events.spared(entries.length - fresh.length)
  if (fresh.length > taken.length) events.dropped(fresh.length - taken.length, maxQueued)
}

function recall(queue: Queue, uuid: string, known: SightingEntry | 'settled'): void {
  if (known === 'settled') queue.settled.set(uuid, true)
  else enqueue(queue, known, true)
}

function enqueue({ waiting, settled, events }: Queue, entry: SightingEntry, inDoubt: boolean): void {
  if (waiting.has(entry.uuid) || settled.has(entry.uuid)) return
  waiting.set(entry.uuid, { entry, inDoubt })
  events.waiting(waiting.size)
}
