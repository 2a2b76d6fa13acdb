import type { RoundKind } from '../../../telemetry/events/misp-mirror.ts'
import type { Snapshot } from '../../mirror/snapshot.ts'
import type { EventIndex, MispClient } from '../api.ts'
import type { MispConfig } from '../config.ts'
import { fetchEvents } from './fetch.ts'
import type { FetchParts } from './fetch-parts.ts'
import { isSuspiciouslyShort, planDelta, planReconcile, type Plan } from './plan.ts'
import { parseNote, type SyncNote } from './schema.ts'

export interface RoundParts extends Omit<FetchParts, 'client' | 'published' | 'maxIndicators'> {
  readonly client: Pick<MispClient, 'searchAttributes' | 'eventIndex'>
  readonly config: Pick<MispConfig, 'published' | 'mirror'>
}

/** What is different in the snapshot now. */
export interface RoundStep {
  readonly replaced: readonly string[]
  readonly removed: readonly string[]
  /** Events done with, and all to fetch in this round. */
  readonly done: number
  readonly total: number
}

/** An event changed so short before it was listed may change again within the same second of its timestamp. */
const SETTLING_S = 2

/**
 * Brings the snapshot up to date once. Each step is on the disk when it is yielded; a round that ends early is gone on
 * with by the next one, since what is fetched is known by its timestamp. Throws what the client threw, or STATE_UNWRITABLE.
 */
export async function* syncRound(
  kind: RoundKind,
  parts: RoundParts,
  signal: AbortSignal,
): AsyncGenerator<RoundStep> {
  const { client, snapshot, config, clock, events } = parts
  const started = clock.monotonic()
  const before = parseNote(snapshot.note)
  const index = await client.eventIndex(queryFor(kind, before, config), signal)
  const serverNow = index.serverTime ?? clock.now()
  const anew = await publishedAnew(index, before, parts, signal)
  const { plan, shrunk } = planFor(kind, { ...index, anew }, before, parts)
  events.syncStarted(kind, plan.fetch.length)
  const total = plan.fetch.length
  let held = hold(snapshot, plan.unpublished)
  if (plan.remove.length > 0) snapshot.change({ remove: plan.remove })
  yield { replaced: [], removed: plan.remove, done: 0, total }
  let fetched = 0
  let attributes = 0
  const fetchParts = { ...parts, published: config.published, maxIndicators: config.mirror.maxIndicators }
  const settledBefore = Math.floor(serverNow / 1000) - SETTLING_S
  for await (const batch of fetchEvents(plan.fetch, settledBefore, fetchParts, signal)) {
    held += hold(snapshot, new Map(batch.unpublished.map((uuid) => [uuid, clock.now()])))
    fetched += batch.replaced.length
    attributes += batch.attributes
    yield { replaced: batch.replaced, removed: [], done: batch.done, total }
  }
  const note = noteAfter(kind, { before, cursor: Math.floor(serverNow / 1000), shrunk, parts })
  snapshot.change({ note })
  if (note.leftOut > 0) events.cut(note.leftOut, config.mirror.maxIndicators)
  const ms = Math.round(clock.monotonic() - started)
  const totals = { events: snapshot.units.size, indicators: snapshot.indicators }
  events.syncFinished(kind, { fetched, attributes, removed: plan.remove.length, held, ms }, totals)
}

function queryFor(
  kind: RoundKind,
  { cursor }: SyncNote,
  { mirror }: RoundParts['config'],
): { readonly publishedSince?: number } {
  if (kind === 'reconcile' || cursor === undefined) return {}
  return { publishedSince: Math.max(0, cursor - Math.ceil(mirror.overlap / 1000)) }
}

/** Asked only when it matters: when events are listed whose timestamp says nothing new. */
async function publishedAnew(
  { events }: EventIndex,
  { cursor }: SyncNote,
  { client, snapshot: { units } }: RoundParts,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const asBefore = events.some(({ uuid, timestamp }) => units.get(uuid)?.timestamp === timestamp)
  if (cursor === undefined || !asBefore) return new Set()
  const answer = await client.eventIndex({ publishedSince: Math.max(0, cursor - SETTLING_S) }, signal)
  return new Set(answer.events.map(({ uuid }) => uuid))
}

function planFor(
  kind: RoundKind,
  index: EventIndex & { readonly anew: ReadonlySet<string> },
  before: SyncNote,
  { snapshot, config, clock, doubts, events }: RoundParts,
): { readonly plan: Plan; readonly shrunk: boolean } {
  const options = {
    published: config.published,
    publishedAnew: index.anew,
    now: clock.now(),
    graceMs: config.mirror.grace,
  }
  const { units } = snapshot
  if (kind === 'delta') return { plan: planDelta(index.events, units, options), shrunk: before.shrunk }
  const plan = planReconcile(index.events, units, options)
  const shrunk = isSuspiciouslyShort(index.events.length, units.size)
  doubts.startOver(plan.fetch, snapshot.indicators < config.mirror.maxIndicators * ROOMY)
  if (!shrunk || before.shrunk) return { plan, shrunk }
  events.indexDistrusted(index.events.length, units.size)
  return { plan: { ...plan, remove: [] }, shrunk }
}

/** With so much of the most indicators in use, what was left out is tried again. */
const ROOMY = 0.95

/** Notes who is held back since when; gives how many are so newly. */
function hold(snapshot: Snapshot, unpublished: Plan['unpublished']): number {
  const changed = new Map(
    [...unpublished].filter(([uuid, since]) => {
      const head = snapshot.units.get(uuid)
      return head !== undefined && (head.unpublishedSince === undefined) !== (since === undefined)
    }),
  )
  if (changed.size > 0) snapshot.change({ unpublished: changed })
  return [...changed.values()].filter((since) => since !== undefined).length
}

interface RoundEnd {
  readonly before: SyncNote
  readonly cursor: number
  readonly shrunk: boolean
  readonly parts: RoundParts
}

function noteAfter(kind: RoundKind, { before, cursor, shrunk, parts }: RoundEnd): SyncNote {
  const { clock, doubts } = parts
  const now = clock.now()
  const note = { ...before, cursor, succeededAt: now, shrunk }
  const { leftOut, skipped } = doubts
  if (kind === 'reconcile') return { ...note, complete: true, reconciledAt: now, leftOut, skipped }
  // What an earlier process left out is not known here: it is until the next full comparison.
  return { ...note, leftOut: Math.max(leftOut, before.leftOut), skipped: Math.max(skipped, before.skipped) }
}
