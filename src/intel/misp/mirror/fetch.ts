import { AppError } from '../../../core/errors.ts'
import type { Staging } from '../../mirror/snapshot-staging.ts'
import type { MispEventHead } from '../api.ts'
import type { Doubts } from './doubts.ts'
import type { FetchParts } from './fetch-parts.ts'
import { gather, type GatheredEvents } from './gather.ts'

/** What became of some events; those that are named in no list are as they were. */
export interface FetchedBatch {
  readonly replaced: readonly string[]
  /** An edit made them unpublished since they were listed. */
  readonly unpublished: readonly string[]
  readonly attributes: number
  /** Of the events to fetch, done with so far. */
  readonly done: number
}

/** As a timestamp: the event is fetched again when it is listed next. */
const UNSETTLED = 0

/**
 * Fetches the attributes of events, some events at once, and puts each batch into the snapshot as a whole: what is
 * yielded is on the disk. `settledBefore` (Unix seconds): events changed later may have changed again within that second.
 * Throws what the client threw when the server cannot be asked, and STATE_UNWRITABLE.
 */
export async function* fetchEvents(
  heads: readonly MispEventHead[],
  settledBefore: number,
  parts: FetchParts,
  signal: AbortSignal,
): AsyncGenerator<FetchedBatch> {
  const { pace, doubts, events, clock } = parts
  const queue = suspectsLast(heads, doubts)
  let areOthersWell = false
  let done = 0
  while (done < queue.length) {
    signal.throwIfAborted()
    const batch = queue.slice(done, done + pace.events)
    const wanted = batch.filter((head) => !isLeftOut(head, parts))
    try {
      const fetched = wanted.length === 0 ? NOTHING : await fetchBatch(wanted, settledBefore, parts, signal)
      if (fetched === undefined) continue
      areOthersWell ||= wanted.length > 0
      done += batch.length
      yield { ...fetched, done }
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof AppError) || error.code === 'STATE_UNWRITABLE') throw error
      const [first] = wanted
      const verdict = pace.failed(error, () => first !== undefined && doubts.blame(first, areOthersWell))
      if (verdict.kind === 'give-up') throw error
      if (verdict.kind === 'retry') {
        events.batchFailed(error, wanted.length, verdict.waitMs)
        await clock.sleep(verdict.waitMs, signal)
      } else {
        for (const head of batch) doubts.skip(head)
        events.eventSkipped(batch.map(({ id }) => id).join(), error)
        done += batch.length
      }
    }
  }
}

/** Events that cannot be had do not keep the others, round after round, from being fetched. */
function suspectsLast(heads: readonly MispEventHead[], doubts: Doubts): readonly MispEventHead[] {
  return [
    ...heads.filter((head) => !doubts.isSuspect(head)),
    ...heads.filter((head) => doubts.isSuspect(head)),
  ]
}

const NOTHING = { replaced: [], unpublished: [], attributes: 0 } as const

/** A mirror that is full takes no new events; what it has may change. */
function isLeftOut(head: MispEventHead, { snapshot, doubts, maxIndicators }: FetchParts): boolean {
  if (doubts.isLeftOut(head)) return true
  if (snapshot.units.has(head.uuid) || snapshot.indicators < maxIndicators) return false
  doubts.leaveOut(head)
  return true
}

/** Undefined when it has to be asked for fewer events. */
async function fetchBatch(
  batch: readonly MispEventHead[],
  settledBefore: number,
  parts: FetchParts,
  signal: AbortSignal,
): Promise<Omit<FetchedBatch, 'done'> | undefined> {
  const { snapshot, pace, doubts } = parts
  const staging = snapshot.stage()
  try {
    const gathered = await gather(batch, { staging, ...parts }, signal)
    if (gathered === undefined) return undefined
    const unpublished = batch.filter(
      ({ uuid }) => parts.published && gathered.get(uuid)?.unpublished === true,
    )
    const replaced = fitting(
      batch.filter((head) => !unpublished.includes(head) && isCertain(head, gathered, parts)),
      staging,
      parts,
    )
    staging.commit(
      new Map(
        replaced.map(({ uuid, timestamp }) => [uuid, timestamp < settledBefore ? timestamp : UNSETTLED]),
      ),
    )
    for (const head of replaced) doubts.settle(head)
    const attributes = [...gathered.values()].reduce((sum, { rows }) => sum + rows, 0)
    pace.succeeded({ events: batch.length, rows: attributes })
    return { replaced: names(replaced), unpublished: names(unpublished), attributes }
  } catch (error) {
    discard(staging)
    throw error
  }
}

function names(heads: readonly MispEventHead[]): readonly string[] {
  return heads.map(({ uuid }) => uuid)
}

/** What was written ahead and cannot be removed now is removed at the next start. */
function discard(staging: Staging): void {
  try {
    staging.discard()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
  }
}

/** No attributes at all where there were some may be a passing state of the server: it is to be seen twice. */
function isCertain(head: MispEventHead, gathered: GatheredEvents, { snapshot, doubts }: FetchParts): boolean {
  if (gathered.has(head.uuid)) return true
  const had = snapshot.units.get(head.uuid)?.indicators ?? 0
  return had === 0 || doubts.wasEmptyBefore(head)
}

/** Those that fit under the most indicators allowed; the others stay as they are. */
function fitting(
  heads: readonly MispEventHead[],
  staging: Staging,
  { snapshot, doubts, maxIndicators }: FetchParts,
): readonly MispEventHead[] {
  let total = snapshot.indicators
  return heads.filter((head) => {
    const more = staging.count(head.uuid) - (snapshot.units.get(head.uuid)?.indicators ?? 0)
    if (more > 0 && total + more > maxIndicators) {
      doubts.leaveOut(head)
      return false
    }
    total += more
    return true
  })
}
