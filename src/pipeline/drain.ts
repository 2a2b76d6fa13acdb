import type { Clock } from '../core/clock.ts'
import type { DeadLetter, DeadLetters } from '../core/dead-letter.ts'
import { observableKey, type Observable, type ObservableKey } from '../core/observable.ts'
import type { Verdict } from '../core/verdict.ts'
import type { PendingEvents } from '../telemetry/events/pending.ts'
import type { Finish } from './finish.ts'
import { judgeChunk, type ChunkResult } from './judge-chunk.ts'
import { askEach, type OnlineProvider } from './online.ts'
import type { AlertPatterns } from './patterns.ts'
import type { PendingChunk, PendingQueue } from './pending.ts'
import { keptLetter } from './pending-letters.ts'
import type { Policy } from './policy.ts'

export interface DrainParts {
  readonly queue: PendingQueue
  readonly policy: Policy
  readonly patterns: AlertPatterns
  readonly finish: Finish
  readonly clock: Clock
  readonly events: PendingEvents
  readonly deadLetters: Pick<DeadLetters, 'put'>
}

/** Alerts taken up at once: enough to fill the requests to a provider, few enough to hold in memory. */
const ALERTS_AT_ONCE = 1500
const FIRST_WAIT_MS = 1000
const MAX_WAIT_MS = 30_000

/**
 * Asks a provider again about what waits for it, oldest first, whenever it answers; reports late matches. What gets no answer
 * is passed over until all behind it was asked about: values that fail each time do not block the others. Ends after
 * abort; what was not settled by then comes again at the next start, its matches with the same ids.
 */
export async function drainPending(
  provider: OnlineProvider,
  parts: DrainParts,
  signal: AbortSignal,
): Promise<void> {
  const { queue, clock, events } = parts
  let waitMs = FIRST_WAIT_MS
  let run = { alerts: 0, began: 0 }
  let after: string | undefined
  while (!signal.aborted) {
    if (queue.size(provider.id).alerts === 0) run = { alerts: 0, began: clock.monotonic() }
    await queue.filled(provider.id, signal)
    const asked = clock.monotonic()
    await whenAnswering(provider, signal)
    if (signal.aborted) return
    // It was away for all alerts, not for some values: the oldest first again.
    if (clock.monotonic() > asked) after = undefined
    const { settled, last } = await tryDrain(provider, parts, { signal, waitMs, after })
    run.alerts += settled
    if (settled === 0) {
      after = last
      await clock.sleep(waitMs, signal)
    }
    waitMs = settled === 0 ? Math.min(waitMs * 2, MAX_WAIT_MS) : FIRST_WAIT_MS
    if (settled > 0 && queue.size(provider.id).alerts === 0)
      events.drained(provider.id, run.alerts, Math.round(clock.monotonic() - run.began))
  }
}

/** One that cannot say when is asked at once: the waits between two tries hold. */
async function whenAnswering(provider: OnlineProvider, signal: AbortSignal): Promise<void> {
  try {
    await provider.answering?.(signal)
  } catch {
    return
  }
}

interface Try {
  readonly signal: AbortSignal
  readonly waitMs: number
  /** The chunk to begin behind. */
  readonly after: string | undefined
}

/** How many alerts were settled, and the last chunk that was taken up; undefined when the work itself failed. */
async function tryDrain(
  provider: OnlineProvider,
  parts: DrainParts,
  { signal, waitMs, after }: Try,
): Promise<{ readonly settled: number; readonly last: string | undefined }> {
  const { queue, events } = parts
  try {
    await queue.expire()
    const chunks = await queue.oldest(provider.id, ALERTS_AT_ONCE, after)
    const settled = await drainChunks(provider, chunks, { ...parts, signal })
    return { settled, last: chunks.at(-1)?.key }
  } catch (error) {
    if (!signal.aborted) events.drainFailed(provider.id, error, waitMs)
    return { settled: 0, last: after }
  }
}

async function drainChunks(
  provider: OnlineProvider,
  chunks: readonly PendingChunk[],
  { signal, ...parts }: DrainParts & { readonly signal: AbortSignal },
): Promise<number> {
  const { queue, finish, events, clock } = parts
  const verdicts = new Map<ObservableKey, Verdict>()
  await askEach(provider.lookup, questionsOf(chunks), { verdicts, signal })
  if (signal.aborted) return 0
  const now = clock.now()
  const results = chunks.map((chunk) => ({
    chunk,
    ...judgeChunk(chunk, verdicts, { ...parts, now }),
  }))
  const matches = results.flatMap((result) => result.matches)
  if (!(await finish(Promise.resolve({ parsed: [], matches }), signal))) return 0
  events.answeredLate(
    provider.id,
    matches.length,
    results.flatMap(({ held }) => held),
  )
  if (!(await giveUp(provider, results, { ...parts, signal }))) return 0
  let settled = 0
  for (const { chunk, left } of results) {
    settled += chunk.alerts.length - left.length
    if (left.length < chunk.alerts.length || left.some((each, at) => each !== chunk.alerts[at]))
      await queue.settle(provider.id, chunk, left)
  }
  return settled
}

/** What is not asked again: dead letters. False when the stop came before these were durable. */
async function giveUp(
  provider: OnlineProvider,
  results: readonly ChunkResult[],
  { deadLetters, events, signal }: DrainParts & { readonly signal: AbortSignal },
): Promise<boolean> {
  const damaged = results.flatMap((result) => result.damaged)
  const unanswerable = results.flatMap((result) => result.unanswerable)
  if (damaged.length + unanswerable.length === 0) return true
  const component = provider.id
  const letters = [
    ...damaged.map(({ text, error }): DeadLetter =>
      keptLetter(text, { reason: 'damaged', component, error }),
    ),
    ...unanswerable.map(({ text }): DeadLetter => keptLetter(text, { reason: 'unanswerable', component })),
  ]
  if (!(await deadLetters.put(letters, signal))) return false
  if (damaged.length > 0) events.dropped(provider.id, 'damaged', damaged.length, damaged[0]?.error)
  if (unanswerable.length > 0) events.dropped(provider.id, 'unanswerable', unanswerable.length)
  return true
}

function questionsOf(chunks: readonly PendingChunk[]): ReadonlyMap<ObservableKey, Observable> {
  return new Map(
    chunks
      .flatMap(({ alerts }) => alerts.flatMap(({ questions }) => questions))
      .map(({ observable }) => [observableKey(observable), observable]),
  )
}
