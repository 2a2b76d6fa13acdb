import type { UnitHead } from '../../mirror/snapshot.ts'
import type { MispEventHead } from '../api.ts'

/** What a list of events says is to be done. */
export interface Plan {
  /** Newest first: when not all fit, those matter most. */
  readonly fetch: readonly MispEventHead[]
  readonly remove: readonly string[]
  /** Known events held back since then (milliseconds), or published again (undefined). */
  readonly unpublished: ReadonlyMap<string, number | undefined>
}

export interface PlanOptions {
  /** Whether only published events count. */
  readonly published: boolean
  /** Published since the last round. They are fetched also when their timestamp is the one that is known. */
  readonly publishedAnew: ReadonlySet<string>
  readonly now: number
  readonly graceMs: number
}

type Known = ReadonlyMap<string, UnitHead>

/** From the events published lately: nothing is removed, since a list of some says nothing about the others. */
export function planDelta(listed: readonly MispEventHead[], known: Known, options: PlanOptions): Plan {
  const inUse = listed.filter(({ published }) => published || !options.published)
  return {
    fetch: toFetch(inUse, known, options),
    remove: [],
    unpublished: publishedAgain(inUse, known),
  }
}

/**
 * From the list of all events. An edit makes an event unpublished until somebody publishes it again: what it gave before
 * stays for the time of grace. An event that is not listed is gone, or this user may not see it any more.
 */
export function planReconcile(listed: readonly MispEventHead[], known: Known, options: PlanOptions): Plan {
  const { now, graceMs } = options
  const inUse = listed.filter(({ published }) => published || !options.published)
  const unpublished = new Map<string, number | undefined>(publishedAgain(inUse, known))
  const gone = new Set(known.keys())
  for (const { uuid } of inUse) gone.delete(uuid)
  for (const { uuid, published } of listed) {
    const head = known.get(uuid)
    if (published || !options.published || head === undefined) continue
    if (head.unpublishedSince === undefined) unpublished.set(uuid, now)
    if (graceMs > 0 && now - (head.unpublishedSince ?? now) <= graceMs) gone.delete(uuid)
  }
  return { fetch: toFetch(inUse, known, options), remove: [...gone], unpublished }
}

/** A server whose database is being restored, or that lost a sharing group, lists little or nothing for a while. */
export function isSuspiciouslyShort(listed: number, known: number): boolean {
  return known > 0 && listed < known / 2
}

/**
 * What is different by its timestamp comes first: a round that ends early is gone on with. MISP saves an event that comes from
 * another instance with its final timestamp and as published, then its attributes one by one, and sets the time of
 * publication last (`Event::_add`, `_edit`): one that was read meanwhile is known by that only.
 */
function toFetch(
  events: readonly MispEventHead[],
  known: Known,
  { publishedAnew }: PlanOptions,
): readonly MispEventHead[] {
  const newestFirst = events.toSorted((a, b) => b.timestamp - a.timestamp)
  const isChanged = ({ uuid, timestamp }: MispEventHead): boolean => known.get(uuid)?.timestamp !== timestamp
  return [
    ...newestFirst.filter(isChanged),
    ...newestFirst.filter((head) => !isChanged(head) && publishedAnew.has(head.uuid)),
  ]
}

function publishedAgain(events: readonly MispEventHead[], known: Known): ReadonlyMap<string, undefined> {
  return new Map(
    events.flatMap(({ uuid }) =>
      known.get(uuid)?.unpublishedSince === undefined ? [] : [[uuid, undefined] as const],
    ),
  )
}
