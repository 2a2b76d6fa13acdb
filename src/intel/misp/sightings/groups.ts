import type { MispConfig } from '../config.ts'
import { intervalOf } from './entry.ts'
import type { Waiting } from './queue.ts'

/** What goes into one request. */
export interface Group {
  /** What a group is remembered by from one attempt to the next. */
  readonly key: string
  readonly items: readonly Waiting[]
}

const MAX_BULK = 500
/** From 51 values on, `/sightings/add` without `filters` reads the whole table for each (2.6 s; recorded facts, 6). */
const MAX_VALUES = 50

/** One request for each event. */
export function byEvent(waiting: readonly Waiting[]): readonly Group[] {
  return grouped(waiting, ({ entry }) => `event ${entry.event}`).flatMap(({ key, items }) =>
    chunks(items, MAX_BULK).map((chunk) => ({ key, items: chunk })),
  )
}

/** One request has one source and one time: grouped by agent and interval, at most 50 different values each. */
export function bySource(waiting: readonly Waiting[], config: MispConfig['sightings']): readonly Group[] {
  return grouped(
    waiting,
    ({ entry }) => `source ${intervalOf(entry.seenAt, config.interval)} ${entry.source}`,
  ).flatMap(({ key, items }) =>
    chunks(
      grouped(items, ({ entry }) => entry.value),
      MAX_VALUES,
    ).map((chunk) => ({ key, items: chunk.flatMap((group) => group.items) })),
  )
}

function grouped(items: readonly Waiting[], keyOf: (item: Waiting) => string): readonly Group[] {
  const groups = new Map<string, Waiting[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return [...groups].map(([key, members]) => ({ key, items: members }))
}

function chunks<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
