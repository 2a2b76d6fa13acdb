import { setImmediate as otherWork } from 'node:timers/promises'
import { AppError } from '../../../core/errors.ts'
import type { Staging } from '../../mirror/snapshot-staging.ts'
import type { AttributeQuery, MispEventHead, MispRow } from '../api.ts'
import type { FetchParts } from './fetch-parts.ts'

/** What the rows said of one event. */
export interface Gathered {
  /** Deleted ones among them. */
  rows: number
  /** A row said that the event is not published any more. */
  unpublished: boolean
}

/** Only events with rows. */
export type GatheredEvents = ReadonlyMap<string, Gathered>

interface Gathering extends FetchParts {
  readonly staging: Staging
}

/** Rows made into indicators in one turn of the event loop: some milliseconds. */
const SLICE = 500

/**
 * All rows of the events into the staging. Several events are read only when one page holds them all, and undefined comes
 * back when it does not: a row deleted while pages are read moves others over the border, unseen. One event alone is
 * read page by page. Rows of unpublished events are asked for, too: an event that is edited meanwhile would otherwise
 * vanish and look as if it had fewer attributes. One that is larger than all the room there is is not read to its end.
 */
export async function gather(
  batch: readonly MispEventHead[],
  gathering: Gathering,
  signal: AbortSignal,
): Promise<GatheredEvents | undefined> {
  const { client, snapshot, pace, events, onProgress } = gathering
  const gathered = new Map<string, Gathered>()
  let before: ReadonlySet<string> = new Set()
  const uuidOf = namesOf(batch)
  const query = {
    events: batch.map(({ id }) => id),
    limit: pace.limit,
    // Soft-deleted rows tell an event without attributes from one that cannot be seen.
    ...(batch.some(({ uuid }) => snapshot.units.has(uuid)) ? { withDeleted: true as const } : {}),
  }
  for (let page = 1; ; page++) {
    const answer = await client.searchAttributes({ ...query, page }, signal)
    onProgress()
    if (answer.more && batch.length > 1) {
      const { rows, malformed, skipped } = answer
      pace.overflowed({ events: batch.length, rows: rows.length + malformed + skipped })
      return undefined
    }
    if (answer.malformed > 0) events.rowsMalformed(answer.malformed)
    const fresh = answer.rows.filter(({ uuid }) => !before.has(uuid))
    for (let start = 0; start < fresh.length; start += SLICE) {
      for (const row of fresh.slice(start, start + SLICE)) take(row, uuidOf(row), gathered, gathering)
      await otherWork()
    }
    if (isTooMuch(batch, gathering)) return gathered
    if (!answer.more) {
      if (page > 1) await lookAgain(query, gathered, gathering, signal)
      return gathered
    }
    if (answer.rows.length > 0 && fresh.length === 0)
      throw new AppError('PROVIDER_MALFORMED', 'The MISP answered different pages with the same rows')
    before = new Set(answer.rows.map(({ uuid }) => uuid))
  }
}

/** Whether the event that took several pages is still published: any change of it meanwhile ended that. */
async function lookAgain(
  query: AttributeQuery,
  gathered: ReadonlyMap<string, Gathered>,
  { client }: Gathering,
  signal: AbortSignal,
): Promise<void> {
  const { rows } = await client.searchAttributes({ ...query, limit: 1, page: 1 }, signal)
  const isSame = rows.every(({ event }) => event.published !== false) && rows.length > 0
  if (!isSame) for (const event of gathered.values()) event.unpublished = true
}

function namesOf(batch: readonly MispEventHead[]): (row: MispRow) => string | undefined {
  const byId = new Map(batch.map(({ id, uuid }) => [id, uuid]))
  const uuids = new Set(byId.values())
  return ({ event: { id, uuid } }) =>
    uuid === undefined ? byId.get(id ?? '') : uuids.has(uuid) ? uuid : undefined
}

/** A row of an event that was not asked for is dropped: a lost filter gives all there is. */
function take(
  row: MispRow,
  unit: string | undefined,
  gathered: Map<string, Gathered>,
  { staging, indicatorsOf }: Gathering,
): void {
  if (unit === undefined) return
  const event = gathered.get(unit) ?? { rows: 0, unpublished: false }
  gathered.set(unit, event)
  event.rows += 1
  if (row.event.published === false) event.unpublished = true
  if (!row.deleted) staging.add(unit, indicatorsOf(row))
}

function isTooMuch(
  batch: readonly MispEventHead[],
  { staging, snapshot, maxIndicators }: Gathering,
): boolean {
  const [only] = batch
  if (batch.length !== 1 || only === undefined) return false
  const had = snapshot.units.get(only.uuid)?.indicators ?? 0
  return (
    staging.count(only.uuid) > had && snapshot.indicators - had + staging.count(only.uuid) > maxIndicators
  )
}
