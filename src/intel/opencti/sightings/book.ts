import type { Clock } from '../../../core/clock.ts'
import type { Sighting } from '../../../core/ports.ts'
import { createTurns, type InTurn } from '../../../core/turns.ts'
import type { SightingEvents } from '../../../telemetry/events/sightings.ts'
import type { SightingRecords } from './records.ts'
import { alertsEach, counted, isDue, isWaiting, MAX_ALERTS, shortened, type Tally } from './tally.ts'

/** The tallies, durable in the store. Those that wait to be told are held in memory, too, at most `maxQueued`. */
export interface SightingBook {
  /**
   * Counts them; resolves when that is durable. Never rejects: what the store cannot take, which it tells itself, is held in
   * memory.
   */
  add(sightings: readonly NamedSighting[]): Promise<void>
  /** Reads what an earlier run left. Rejects as the store does. */
  restore(): Promise<void>
  /** Keys of those to be told now; `all`: also of those whose window has not ended. Put back ones last. */
  due(all: boolean): readonly string[]
  waiting(): number
  /** Undefined when nothing waits under the key. */
  get(key: string): Tally | undefined
  /** Resolves with the changed tally when that is durable; with undefined when nothing waits under the key. Never rejects. */
  change(key: string, change: (tally: Tally) => Tally): Promise<Tally | undefined>
  /** Leaves to the store what is told, of which it did not take the last change. Never rejects. */
  tidy(): Promise<void>
  /** It is not to be told any more. Never rejects: at worst it is tried again after a restart. */
  drop(key: string): Promise<void>
  /** To the end of the queue. */
  putBack(key: string): void
}

/** A sighting, and where it is counted. */
export interface NamedSighting {
  readonly sighting: Sighting
  readonly start: Tally
}

export interface BookOptions {
  readonly records: SightingRecords
  readonly windowMs: number
  readonly maxQueued: number
  readonly clock: Clock
  readonly events: SightingEvents
}

interface Book extends BookOptions {
  readonly tallies: Map<string, Tally>
  /** Everything that changes a tally and saves it, one after the other. */
  readonly inTurn: InTurn
  /** No tally remembers more alerts. */
  maxAlerts: number
}

export function createSightingBook(options: BookOptions): SightingBook {
  const { records, windowMs, clock, events } = options
  const tallies = new Map<string, Tally>()
  const book: Book = { ...options, tallies, inTurn: createTurns(), maxAlerts: MAX_ALERTS }
  return {
    add: (sightings) => book.inTurn(() => add(book, sightings)),
    restore: () =>
      book.inTurn(async () => {
        const before = tallies.size
        for await (const tally of records.all()) {
          if (!isWaiting(tally) || tallies.has(tally.key)) continue
          tallies.set(tally.key, shortened(tally, book.maxAlerts))
          limitAlerts(book)
        }
        events.restored(tallies.size - before)
        events.waiting(tallies.size)
      }),
    due: (all) => {
      const now = clock.now()
      return [...tallies.values()]
        .filter((tally) => (all ? isWaiting(tally) : isDue(tally, now, windowMs)))
        .map(({ key }) => key)
    },
    waiting: () => tallies.size,
    get: (key) => tallies.get(key),
    change: (key, change) =>
      book.inTurn(async () => {
        const known = tallies.get(key)
        if (known === undefined) return undefined
        const changed = change(known)
        tallies.set(key, changed)
        await save(book, changed)
        return changed
      }),
    tidy: () =>
      book.inTurn(async () => {
        const told = [...tallies.values()].filter((tally) => !isWaiting(tally))
        await Promise.all(told.map((tally) => save(book, tally)))
      }),
    drop: (key) =>
      book.inTurn(async () => {
        tallies.delete(key)
        events.waiting(tallies.size)
        await Promise.allSettled([records.delete(key)])
      }),
    putBack: (key) => {
      const tally = tallies.get(key)
      if (tally === undefined) return
      tallies.delete(key)
      tallies.set(key, tally)
    },
  }
}

/**
 * The more tallies wait, the fewer alerts each remembers. All are shortened when it is half as many as the longest may have, so
 * that this is seldom done and they never have more than twice what is meant for all.
 */
function limitAlerts(book: Book): void {
  const { tallies } = book
  const each = alertsEach(tallies.size)
  if (2 * each > book.maxAlerts) {
    book.maxAlerts = Math.max(book.maxAlerts, each)
    return
  }
  book.maxAlerts = each
  for (const [key, tally] of tallies) tallies.set(key, shortened(tally, each))
}

/** What is told is left to the store; while that fails it stays in memory, lest it be told anew. */
async function save({ tallies, records, events }: Book, tally: Tally): Promise<void> {
  const [saved] = await Promise.allSettled([records.save(tally)])
  if (saved.status === 'fulfilled' && !isWaiting(tally)) tallies.delete(tally.key)
  events.waiting(tallies.size)
}

async function add(book: Book, sightings: readonly NamedSighting[]): Promise<void> {
  const { tallies, clock, windowMs, maxQueued, events } = book
  const known = await recall(book, [...new Set(sightings.map(({ start }) => start.key))])
  const changed = new Map<string, Tally>()
  const dueAt = clock.now() + windowMs
  let room = maxQueued - tallies.size
  let spared = 0
  let dropped = 0
  for (const { sighting, start } of sightings) {
    const before = changed.get(start.key) ?? known.get(start.key) ?? start
    const after = counted(before, sighting, { dueAt, maxAlerts: book.maxAlerts })
    const isNew = !tallies.has(start.key) && !changed.has(start.key)
    if (after === before || before.fresh !== undefined) spared += 1
    else if (isNew && room <= 0) dropped += 1
    if (after === before || (isNew && room <= 0)) continue
    if (isNew) room -= 1
    changed.set(start.key, after)
  }
  for (const tally of changed.values()) tallies.set(tally.key, tally)
  limitAlerts(book)
  await Promise.all([...changed.values()].map((tally) => save(book, tally)))
  if (spared > 0) events.spared(spared)
  if (dropped > 0) events.dropped(dropped, maxQueued)
}

/** What is known under these keys. What cannot be read is counted anew: the server adds it to what it holds. */
async function recall(
  { tallies, records }: Book,
  keys: readonly string[],
): Promise<ReadonlyMap<string, Tally>> {
  const found = await Promise.allSettled(
    keys.map(async (key) => tallies.get(key) ?? (await records.get(key))),
  )
  return new Map(
    found.flatMap((each) =>
      each.status === 'fulfilled' && each.value !== undefined ? [[each.value.key, each.value]] : [],
    ),
  )
}
