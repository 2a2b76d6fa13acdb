import type { Alert, EpochMs } from '../core/alert.ts'
import type { Clock } from '../core/clock.ts'
import type { HoldReason, Match } from '../core/match.ts'
import { observableKey, type Observable, type ObservableKey } from '../core/observable.ts'
import type { Verdict } from '../core/verdict.ts'
import type { PendingEvents } from '../telemetry/events/pending.ts'
import { toMatch, type Judged } from './analyse.ts'
import type { Finish } from './finish.ts'
import { askEach, isOpen, judgeVerdicts, type OnlineProvider } from './online.ts'
import type { PendingChunk, PendingQueue } from './pending.ts'
import type { Policy } from './policy.ts'
import type { KeptAlert } from './pending-chunk.ts'
import { parseAlertText, type PendingQuestion } from './schema.ts'

export interface DrainParts {
  readonly queue: PendingQueue
  readonly policy: Policy
  readonly finish: Finish
  readonly clock: Clock
  readonly events: PendingEvents
}

/** Alerts taken up at once: enough to fill the requests to a provider, few enough to hold in memory. */
const ALERTS_AT_ONCE = 1500
const FIRST_WAIT_MS = 1000
const MAX_WAIT_MS = 30_000

/**
 * Asks a provider again about what waits for it, oldest first, whenever it answers; reports late matches. Ends after
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
  while (!signal.aborted) {
    if (queue.size(provider.id).alerts === 0) run = { alerts: 0, began: clock.monotonic() }
    await queue.filled(provider.id, signal)
    await provider.answering?.(signal)
    if (signal.aborted) return
    const settled = await tryDrain(provider, parts, { signal, waitMs })
    run.alerts += settled
    if (settled === 0) await clock.sleep(waitMs, signal)
    waitMs = settled === 0 ? Math.min(waitMs * 2, MAX_WAIT_MS) : FIRST_WAIT_MS
    if (settled > 0 && queue.size(provider.id).alerts === 0)
      events.drained(provider.id, run.alerts, Math.round(clock.monotonic() - run.began))
  }
}

/** How many alerts were settled. */
async function tryDrain(
  provider: OnlineProvider,
  parts: DrainParts,
  { signal, waitMs }: { readonly signal: AbortSignal; readonly waitMs: number },
): Promise<number> {
  const { queue, events } = parts
  try {
    await queue.expire()
    const chunks = await queue.oldest(provider.id, ALERTS_AT_ONCE)
    return await drainChunks(provider, chunks, { ...parts, signal })
  } catch (error) {
    if (!signal.aborted) events.drainFailed(provider.id, error, waitMs)
    return 0
  }
}

async function drainChunks(
  provider: OnlineProvider,
  chunks: readonly PendingChunk[],
  { signal, ...parts }: DrainParts & { readonly signal: AbortSignal },
): Promise<number> {
  const { queue, finish, events } = parts
  const verdicts = new Map<ObservableKey, Verdict>()
  await askEach(provider.lookup, questionsOf(chunks), { verdicts, signal })
  if (signal.aborted) return 0
  const results = chunks.map((chunk) => ({ chunk, ...resultOf(chunk, verdicts, parts) }))
  const matches = results.flatMap((result) => result.matches)
  if (!(await finish(Promise.resolve({ parsed: [], matches }), signal))) return 0
  events.answeredLate(
    provider.id,
    matches.length,
    results.flatMap(({ held }) => held),
  )
  for (const reason of ['damaged', 'unanswerable'] as const) {
    const alerts = results.reduce((sum, result) => sum + result[reason], 0)
    if (alerts > 0) events.dropped(provider.id, reason, alerts)
  }
  let settled = 0
  for (const { chunk, left } of results) {
    settled += chunk.alerts.length - left.length
    if (left.length < chunk.alerts.length || left.some((each, at) => each !== chunk.alerts[at]))
      await queue.settle(provider.id, chunk, left)
  }
  return settled
}

function questionsOf(chunks: readonly PendingChunk[]): ReadonlyMap<ObservableKey, Observable> {
  return new Map(
    chunks
      .flatMap(({ alerts }) => alerts.flatMap(({ questions }) => questions))
      .map(({ observable }) => [observableKey(observable), observable]),
  )
}

interface Result {
  readonly matches: readonly Match[]
  readonly held: readonly HoldReason[]
  readonly left: readonly KeptAlert[]
  /** Alerts whose text could not be read back. */
  readonly damaged: number
  /** Alerts with a value about which the provider never says more. */
  readonly unanswerable: number
}

/** The late matches of a chunk, and what is still unanswered of it. */
function resultOf(
  { alerts, since }: PendingChunk,
  verdicts: ReadonlyMap<ObservableKey, Verdict>,
  { policy, clock }: DrainParts,
): Result {
  const matches: Match[] = []
  const held: HoldReason[] = []
  const left: KeptAlert[] = []
  let damaged = 0
  let unanswerable = 0
  const now = clock.now()
  for (const pending of alerts) {
    const { open, found, isGivenUp } = judgeKept(pending, verdicts, { policy, since, now })
    if (isGivenUp) unanswerable += 1
    if (open.length === pending.questions.length) left.push(pending)
    else if (open.length > 0) left.push({ ...pending, questions: open })
    if (found.length === 0) continue
    const alert = readAlert(pending)
    if (alert === undefined) damaged += 1
    else {
      for (const judged of found) {
        const match = toMatch({ alert }, judged, policy, now)
        if (match !== undefined) matches.push(match)
        else held.push(...judged.suppressedBy)
      }
    }
  }
  return { matches, held, left, damaged, unanswerable }
}

interface Kept {
  readonly open: readonly PendingQuestion[]
  readonly found: readonly Judged[]
  readonly isGivenUp: boolean
}

/** What is still open of an alert, and what was found. */
function judgeKept(
  { questions }: KeptAlert,
  verdicts: ReadonlyMap<ObservableKey, Verdict>,
  { policy, since, now }: { readonly policy: Policy; readonly since: EpochMs; readonly now: EpochMs },
): Kept {
  const open: PendingQuestion[] = []
  const found: Judged[] = []
  let isGivenUp = false
  for (const question of questions) {
    const { observable, hostNamed } = question
    const verdict = verdicts.get(observableKey(observable))
    const unknown: Judged = { observable, indicators: [], suppressedBy: [], delayedSince: since }
    const given = verdict === undefined ? [] : [verdict]
    const judged = judgeVerdicts({ judged: unknown, verdicts: given, hostNamed }, policy, now)
    if (verdict?.kind === 'unanswered' && verdict.final === true) isGivenUp = true
    else if (isOpen(verdict, judged)) open.push(question)
    else if (judged.indicators.length > 0) found.push(judged)
  }
  return { open, found, isGivenUp }
}

function readAlert({ text }: KeptAlert): Alert | undefined {
  try {
    return parseAlertText(text)
  } catch {
    return undefined
  }
}
