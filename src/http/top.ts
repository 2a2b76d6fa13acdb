import type { Counted } from './page/wire.ts'

/** The most frequent of any number of names, in bounded memory. */
export interface Top {
  add(name: string): void
  /** The most frequent first. */
  list(most: number): readonly Counted[]
}

/**
 * Space-Saving (Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data Streams, 2005): a new
 * name takes the place of the rarest and its count. So a count may be too high by at most all counted divided by `room`; a name
 * that is more frequent than that is never missing.
 */
export function createTop(room: number): Top {
  const counts = new Map<string, number>()
  return {
    add: (name) => {
      const known = counts.get(name)
      if (known !== undefined || counts.size < room) {
        counts.set(name, (known ?? 0) + 1)
        return
      }
      const [rarest, count] = minimum(counts)
      counts.delete(rarest)
      counts.set(name, count + 1)
    },
    list: (most) =>
      [...counts]
        .map(([name, count]) => ({ name, count }))
        .toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
        .slice(0, most),
  }
}

function minimum(counts: ReadonlyMap<string, number>): readonly [string, number] {
  let least: readonly [string, number] = ['', Infinity]
  for (const entry of counts) if (entry[1] < least[1]) least = entry
  return least
}
