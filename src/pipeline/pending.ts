import type { EpochMs } from '../core/alert.ts'
import { createBell, type Bell } from '../core/bell.ts'
import type { DeadLetter } from '../core/dead-letter.ts'
import type { ComponentId } from '../core/indicator.ts'
import type { Store } from '../core/ports.ts'
import type { PendingSize } from '../telemetry/events/pending.ts'
import type { OnlineConfig } from './config.ts'
import { openPendingBook, type BookOptions, type PendingBook, type PendingEntry } from './pending-book.ts'
import { decodeChunk, encodeChunk, kept, type KeptAlert, type PendingAlert } from './pending-chunk.ts'
import { keptLetter } from './pending-letters.ts'

/** Alerts of one batch that wait for one provider. */
export interface PendingChunk {
  readonly key: string
  readonly since: EpochMs
  readonly alerts: readonly KeptAlert[]
}

/**
 * What a provider could not be asked for, in the store: it outlives the process. Oldest first. The bounds hold over all
 * providers together. Every call but `size` and `filled` rejects when the store fails.
 */
export interface PendingQueue {
  /**
   * Resolves to true when the alerts are durable. At a bound it waits for room or makes some, as the settings say; false
   * when `signal` aborts that wait.
   */
  put(provider: ComponentId, alerts: readonly PendingAlert[], signal: AbortSignal): Promise<boolean>
  /**
   * The oldest chunks of a provider behind the chunk `after`, or of all when there are none behind it, with at least `minAlerts`
   * alerts together as far as there are; damaged ones are given up: dead letters, counted.
   */
  oldest(provider: ComponentId, minAlerts: number, after?: string): Promise<readonly PendingChunk[]>
  /** The chunk is done with, but for `left`. */
  settle(provider: ComponentId, chunk: PendingChunk, left: readonly KeptAlert[]): Promise<void>
  /** Gives up what is older than the settings allow: dead letters, counted. */
  expire(): Promise<void>
  /** Resolves when something waits for the provider, or at abort. */
  filled(provider: ComponentId, signal: AbortSignal): Promise<void>
  size(provider: ComponentId): PendingSize
}

export interface PendingOptions extends BookOptions {
  readonly config: OnlineConfig['pending']
}

interface Parts extends PendingOptions {
  readonly book: PendingBook
  readonly changes: Bell
  /** Two batches may want the same room. */
  readonly dropping: Map<PendingEntry, Promise<boolean>>
}

/** The store forgets none by itself: it goes by the wall clock, which may step, and to give them up they have to be read. */
const KEPT_MS = Infinity

/** Reads what an earlier process left. Rejects when the store fails. */
export async function openPendingQueue(options: PendingOptions): Promise<PendingQueue> {
  const book = await openPendingBook(options)
  const parts: Parts = { ...options, book, changes: createBell(), dropping: new Map() }
  const { changes, clock } = parts
  return {
    put: async (provider, alerts, signal) => {
      await makeRoom(provider, parts, signal)
      if (isFull(parts)) return false
      await write(provider, alerts, parts)
      return true
    },
    oldest: (provider, minAlerts, after = '') =>
      readOldest(entriesFrom(provider, after, book), minAlerts, parts),
    settle: async (provider, chunk, left) => {
      const entry = book.entries(provider).find(({ key }) => key === chunk.key)
      if (entry !== undefined) await settle(entry, left, parts)
    },
    expire: async () => {
      const now = clock.monotonic()
      for (const entry of [...book.all(), ...book.strangers()].filter(({ givenUpAt }) => givenUpAt <= now))
        await drop(entry, { reason: 'age' }, parts)
      for (const provider of parts.providers) told(provider, parts)
    },
    filled: async (provider, signal) => {
      while (book.entries(provider).length === 0 && !signal.aborted) await changes.rung(signal)
    },
    size: (provider) => book.size(provider),
  }
}

function told(provider: ComponentId, { book, events, clock, changes }: Parts): void {
  events.sized(provider, book.size(provider), clock.monotonic())
  changes.ring()
}

function isFull({ book, config }: Parts): boolean {
  const all = book.all()
  return (
    all.reduce((sum, { alerts }) => sum + alerts, 0) >= config.maxAlerts ||
    all.reduce((sum, { bytes }) => sum + bytes, 0) >= config.maxBytes
  )
}

async function makeRoom(provider: ComponentId, parts: Parts, signal: AbortSignal): Promise<void> {
  const { book, config, events, changes } = parts
  while (isFull(parts) && !signal.aborted) {
    const [oldest] =
      config.atLimit === 'drop-oldest' ? book.all().toSorted((a, b) => a.bornAt - b.bornAt) : []
    if (oldest !== undefined) {
      if (!(await drop(oldest, { reason: 'limit' }, parts))) return
    } else {
      events.full(provider, book.size(provider))
      await changes.rung(signal)
    }
  }
}

async function write(provider: ComponentId, alerts: readonly PendingAlert[], parts: Parts): Promise<void> {
  const { book, store, config, clock, events } = parts
  const since = clock.now()
  const bornAt = clock.monotonic()
  const key = book.nextKey(provider)
  const bytes = await encodeChunk(alerts.map(kept), since)
  await store.set(key, bytes, KEPT_MS)
  const times = { since, bornAt, givenUpAt: bornAt + config.maxAge }
  book.add({ key, provider, alerts: alerts.length, bytes: bytes.length, ...times })
  events.putAside(provider, alerts.length, book.size(provider))
  told(provider, parts)
}

interface Drop {
  readonly reason: 'limit' | 'age' | 'damaged'
  readonly error?: unknown
}

/** True when its dead letters are durable and it is gone, false when the stop came before. */
function drop(entry: PendingEntry, why: Drop, parts: Parts): Promise<boolean> {
  const { dropping } = parts
  const known = dropping.get(entry)
  if (known !== undefined) return known
  const work = giveUp(entry, why, parts).finally(() => dropping.delete(entry))
  dropping.set(entry, work)
  return work
}

async function giveUp(entry: PendingEntry, { reason, error }: Drop, parts: Parts): Promise<boolean> {
  const { book, events, store, deadLetters, stop } = parts
  const letter = { reason, component: entry.provider, ...(error === undefined ? {} : { error }) }
  const found = reason === 'damaged' ? undefined : await readAlerts(entry, store)
  const letters: readonly DeadLetter[] =
    found === undefined || 'reason' in found
      ? [{ ...letter, text: `${entry.alerts} alerts that cannot be read back` }]
      : found.map(({ text }) => keptLetter(text, letter))
  if (!(await deadLetters.put(letters, stop))) return false
  book.remove(entry)
  events.dropped(entry.provider, reason, entry.alerts, error)
  told(entry.provider, parts)
  await store.delete(entry.key)
  return true
}

function entriesFrom(provider: ComponentId, after: string, book: PendingBook): readonly PendingEntry[] {
  const all = book.entries(provider).slice()
  const behind = all.filter(({ key }) => key > after)
  return behind.length > 0 ? behind : all
}

async function readOldest(
  entries: readonly PendingEntry[],
  minAlerts: number,
  parts: Parts,
): Promise<readonly PendingChunk[]> {
  const chunks: PendingChunk[] = []
  let count = 0
  for (const entry of entries) {
    if (count >= minAlerts) break
    const alerts = await readAlerts(entry, parts.store)
    if ('reason' in alerts) await drop(entry, alerts, parts)
    else {
      chunks.push({ key: entry.key, since: entry.since, alerts })
      count += alerts.length
    }
  }
  return chunks
}

async function readAlerts({ key }: PendingEntry, store: Store): Promise<readonly KeptAlert[] | Drop> {
  const bytes = await store.get(key)
  // A store in memory forgets the one next to expire when it is full.
  if (bytes === undefined)
    return { reason: 'damaged', error: new Error('The store does not have it any more') }
  try {
    return await decodeChunk(bytes)
  } catch (error) {
    return { reason: 'damaged', error }
  }
}

async function settle(entry: PendingEntry, left: readonly KeptAlert[], parts: Parts): Promise<void> {
  const { store, book } = parts
  if (left.length === 0) {
    await store.delete(entry.key)
    book.remove(entry)
  } else {
    const bytes = await encodeChunk(left, entry.since)
    await store.set(entry.key, bytes, KEPT_MS)
    entry.alerts = left.length
    entry.bytes = bytes.length
  }
  told(entry.provider, parts)
}
