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
  readonly now: number
  readonly graceMs: number
}

type Known = ReadonlyMap<string, UnitHead>

/** From the events published lately: nothing is removed, since a list of some says nothing about the others. */
export function planDelta(listed: readonly MispEventHead[], known: Known, options: PlanOptions): Plan {
  const inUse = listed.filter(({ published }) => published || !options.published)
  return {
    fetch: changed(inUse, known),
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
    if (now - (head.unpublishedSince ?? now) <= graceMs) gone.delete(uuid)
  }
  return { fetch: changed(inUse, known), remove: [...gone], unpublished }
}

/** A server whose database is being restored, or that lost a sharing group, lists little or nothing for a while. */
export function isSuspiciouslyShort(listed: number, known: number): boolean {
  return known > 0 && listed < known / 2
}

function changed(events: readonly MispEventHead[], known: Known): readonly MispEventHead[] {
  return events
    .filter(({ uuid, timestamp }) => known.get(uuid)?.timestamp !== timestamp)
    .toSorted((a, b) => b.timestamp - a.timestamp)
}

function publishedAgain(events: readonly MispEventHead[], known: Known): ReadonlyMap<string, undefined> {
  return new Map(
    events.flatMap(({ uuid }) =>
      known.get(uuid)?.unpublishedSince === undefined ? [] : [[uuid, undefined] as const],
    ),
  )
}
