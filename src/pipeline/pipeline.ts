import type { Alert } from '../core/alert.ts'
import { createBell } from '../core/bell.ts'
import type { Clock } from '../core/clock.ts'
import type { DeadLetter, DeadLetters } from '../core/dead-letter.ts'
import type { Match, ParsedAlert } from '../core/match.ts'
import type { Batch, Delivery, Source } from '../core/ports.ts'
import { newBatchCounts, type BatchCounts, type PipelineEvents } from '../telemetry/events/pipeline.ts'
import { toMatch, type Analyse, type Analysis } from './analyse.ts'
import type { Finish } from './finish.ts'
import type { AskOnline, FailedAlert, OnlineResult } from './online.ts'
import type { PendingQueue } from './pending.ts'
import type { Policy } from './policy.ts'
import type { AlertDedup } from './alert-dedup.ts'

export interface PipelineParts {
  readonly analyse: Analyse
  readonly policy: Policy
  readonly dedup: AlertDedup
  readonly askOnline: AskOnline
  /** Takes what could not be asked; absent where no provider is asked. */
  readonly pending?: Pick<PendingQueue, 'put'>
  readonly finish: Finish
  /** Takes the alerts that cannot be examined. */
  readonly deadLetters: Pick<DeadLetters, 'put'>
  readonly clock: Clock
  readonly events: PipelineEvents
  /**
   * Resolves to true when there is something to match against; until then sources are opened and wait. False: it will
   * not come (Tripline stops), and nothing is worked on.
   */
  readonly ready: Promise<boolean>
}

export interface Pipeline {
  /**
   * Takes batches from a source until it ends or `reading` is aborted, then finishes what it holds. `working` aborts
   * that too: batches not delivered by then are not acknowledged and come again at the next start.
   */
  run(source: Source, reading: AbortSignal, working: AbortSignal): Promise<void>
}

/** Batches between a source and the sinks; the source waits beyond. */
const MAX_IN_FLIGHT = 4
/** The same over all sources: a batch holds 256 alerts or a mebibyte of lines, several times that as objects. */
const MAX_IN_FLIGHT_OVER_ALL = 16

export function createPipeline(parts: PipelineParts): Pipeline {
  const { events } = parts
  const freed = createBell()
  let overAll = 0
  const noLonger = async (holds: () => boolean): Promise<void> => {
    while (holds()) await freed.rung(NEVER)
  }
  return {
    run: async (source, reading, working) => {
      const inFlight = new Set<Promise<void>>()
      const failures: unknown[] = []
      const begin = (batch: Batch): void => {
        overAll += 1
        const done = complete(batch, analyseBatch(batch, parts), { ...parts, working, waiting })
          .catch((error: unknown) => void failures.push(error))
          .finally(() => {
            overAll -= 1
            inFlight.delete(done)
            events.inFlight(source.id, inFlight.size)
            freed.ring()
          })
        inFlight.add(done)
        events.inFlight(source.id, inFlight.size)
      }
      const orFail = (): void => {
        if (failures.length > 0) throw failures[0]
      }
      // Nothing makes room for unanswered alerts when Tripline stops.
      const waiting = AbortSignal.any([reading, working])
      for await (const batch of source.read(reading)) {
        if (working.aborted || !(await parts.ready)) break
        await noLonger(() => overAll >= MAX_IN_FLIGHT_OVER_ALL)
        begin(batch)
        await noLonger(() => inFlight.size >= MAX_IN_FLIGHT && failures.length === 0)
        orFail()
      }
      await noLonger(() => inFlight.size > 0 && failures.length === 0)
      orFail()
    },
  }
}

const NEVER = new AbortController().signal

interface Working extends PipelineParts {
  readonly working: AbortSignal
  readonly waiting: AbortSignal
}

/** Asks, puts aside what is unanswered, delivers, buries what failed, acknowledges. */
async function complete(batch: Batch, analyses: Analysed, parts: Working): Promise<void> {
  const { finish, askOnline, working } = parts
  const answered = askOnline(analyses.analyses, working)
  const found = answered.then((result) => toDelivery(result, analyses, parts))
  const [finished, kept, buried] = await Promise.all([
    finish(
      found.then(({ delivery }) => delivery),
      working,
    ),
    answered.then(({ unanswered }) => putAside(unanswered, parts)),
    found.then(({ failed }) => bury(failed, parts)),
  ])
  if (finished && kept && buried) batch.ack()
}

/** True when what could not be examined is durable where a person finds it. */
async function bury(
  failed: readonly FailedAlert[],
  { deadLetters, events, working }: Working,
): Promise<boolean> {
  if (failed.length === 0) return true
  for (const { alert, error } of failed) events.analysisFailed(alert, error)
  const letters = failed.map<DeadLetter>((each) => ({ reason: 'analysis', component: 'pipeline', ...each }))
  return deadLetters.put(letters, working)
}

const FIRST_WAIT_MS = 250
const MAX_WAIT_MS = 10_000

/** True when everything is durable. A failing store is tried again for as long as it takes: reading waits meanwhile. */
async function putAside(
  unanswered: OnlineResult['unanswered'],
  { pending, clock, events, working, waiting }: Working,
): Promise<boolean> {
  for (const [provider, alerts] of unanswered) {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)) {
      try {
        if (pending === undefined || !(await pending.put(provider, alerts, waiting))) return false
        break
      } catch (error) {
        events.putAsideFailed(provider, error, waitMs)
        await clock.sleep(waitMs, working)
        if (working.aborted) return false
      }
    }
  }
  return true
}

interface Analysed {
  readonly analyses: readonly Analysis[]
  readonly counts: BatchCounts
  readonly failed: readonly FailedAlert[]
}

function analyseBatch({ alerts }: Batch, parts: PipelineParts): Analysed {
  const counts = newBatchCounts()
  const failed: FailedAlert[] = []
  const analyses: Analysis[] = []
  for (const alert of alerts) {
    // One alert that cannot be examined must not stop the ones behind it.
    try {
      const analysis = analyseAlert(alert, parts, counts)
      if (analysis !== undefined && analysis.judged.length > 0) analyses.push(analysis)
    } catch (error) {
      failed.push({ alert, error })
    }
  }
  return { analyses, counts, failed }
}

interface Found {
  readonly delivery: Delivery
  readonly failed: readonly FailedAlert[]
}

function toDelivery(result: OnlineResult, { counts, failed: before }: Analysed, parts: PipelineParts): Found {
  const parsed: ParsedAlert[] = []
  const matches: Match[] = []
  const failed = [...before, ...result.failed]
  for (const analysis of result.analyses) {
    const { alert, judged } = analysis
    parsed.push({ alert, observables: judged.map(({ observable }) => observable) })
    try {
      matches.push(...matchesOf(analysis, counts, parts))
    } catch (error) {
      failed.push({ alert, error })
    }
  }
  parts.events.batchAnalysed(counts)
  return { delivery: { parsed, matches }, failed }
}

function matchesOf(
  analysis: Analysis,
  counts: BatchCounts,
  { policy, clock }: PipelineParts,
): readonly Match[] {
  const matches: Match[] = []
  for (const judged of analysis.judged) {
    count(counts.observables, judged.observable.type)
    if (judged.excluded !== undefined) count(counts.excluded, judged.excluded)
    const match = toMatch(analysis, judged, policy, clock.now())
    if (match !== undefined) matches.push(match)
    else for (const reason of judged.suppressedBy) count(counts.held, reason)
  }
  return matches
}

function analyseAlert(alert: Alert, parts: PipelineParts, counts: BatchCounts): Analysis | undefined {
  if (!parts.dedup.isNew(alert)) {
    counts.duplicates += 1
    return undefined
  }
  const analysis = parts.analyse(alert)
  if (analysis.dropped !== undefined) {
    counts.ownAlerts += 1
    return undefined
  }
  counts.processed += 1
  counts.overflow += analysis.overflow
  return analysis
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
