import type { Alert } from '../core/alert.ts'
import type { Clock } from '../core/clock.ts'
import type { Match, ParsedAlert } from '../core/match.ts'
import type { Batch, Delivery, Source } from '../core/ports.ts'
import { newBatchCounts, type BatchCounts, type PipelineEvents } from '../telemetry/events/pipeline.ts'
import { toMatch, type Analyse, type Analysis } from './analyse.ts'
import type { Finish } from './finish.ts'
import type { AskOnline, OnlineResult } from './online.ts'
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

export function createPipeline(parts: PipelineParts): Pipeline {
  return {
    run: async (source, reading, working) => {
      const inFlight = new Set<Promise<void>>()
      // Nothing makes room for unanswered alerts when Tripline stops.
      const waiting = AbortSignal.any([reading, working])
      for await (const batch of source.read(reading)) {
        if (working.aborted || !(await parts.ready)) break
        const analyses = analyseBatch(batch, parts)
        const done = complete(batch, analyses, { ...parts, working, waiting })
        inFlight.add(done)
        void done.finally(() => inFlight.delete(done)).catch(() => undefined)
        if (inFlight.size >= MAX_IN_FLIGHT) await Promise.race(inFlight)
      }
      await Promise.all(inFlight)
    },
  }
}

interface Working extends PipelineParts {
  readonly working: AbortSignal
  readonly waiting: AbortSignal
}

/** Asks, puts aside what is unanswered, delivers, acknowledges. */
async function complete(batch: Batch, analyses: Analysed, parts: Working): Promise<void> {
  const { finish, askOnline, working } = parts
  const answered = askOnline(analyses.analyses, working)
  const found = answered.then((result) => toDelivery(result.analyses, analyses.counts, parts))
  const [finished, kept] = await Promise.all([
    finish(found, working),
    answered.then(({ unanswered }) => putAside(unanswered, parts)),
  ])
  if (finished && kept) batch.ack()
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
}

function analyseBatch({ alerts }: Batch, parts: PipelineParts): Analysed {
  const counts = newBatchCounts()
  const analyses = alerts
    .map((alert) => analyseAlert(alert, parts, counts))
    .filter((analysis) => analysis !== undefined)
    .filter(({ judged }) => judged.length > 0)
  return { analyses, counts }
}

function toDelivery(
  analyses: readonly Analysis[],
  counts: BatchCounts,
  { policy, clock, events }: PipelineParts,
): Delivery {
  const parsed: ParsedAlert[] = []
  const matches: Match[] = []
  for (const analysis of analyses) {
    parsed.push({ alert: analysis.alert, observables: analysis.judged.map(({ observable }) => observable) })
    for (const judged of analysis.judged) {
      count(counts.observables, judged.observable.type)
      if (judged.excluded !== undefined) count(counts.excluded, judged.excluded)
      const match = toMatch(analysis, judged, policy, clock.now())
      if (match !== undefined) matches.push(match)
      else for (const reason of judged.suppressedBy) count(counts.held, reason)
    }
  }
  events.batchAnalysed(counts)
  return { parsed, matches }
}

function analyseAlert(alert: Alert, parts: PipelineParts, counts: BatchCounts): Analysis | undefined {
  if (!parts.dedup.isNew(alert)) {
    counts.duplicates += 1
    return undefined
  }
  const analysis = tryAnalyse(alert, parts)
  if (analysis === undefined) return undefined
  if (analysis.dropped !== undefined) {
    counts.ownAlerts += 1
    return undefined
  }
  counts.processed += 1
  counts.overflow += analysis.overflow
  return analysis
}

/** One alert that cannot be examined must not stop the ones behind it: it is told, counted and passed over. */
function tryAnalyse(alert: Alert, { analyse, events }: PipelineParts): Analysis | undefined {
  try {
    return analyse(alert)
  } catch (error) {
    events.analysisFailed(alert, error)
    return undefined
  }
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
