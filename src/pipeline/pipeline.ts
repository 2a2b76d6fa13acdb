import type { Alert } from '../core/alert.ts'
import type { Clock } from '../core/clock.ts'
import type { Match, ParsedAlert } from '../core/match.ts'
import type { Batch, Source } from '../core/ports.ts'
import { newBatchCounts, type BatchCounts, type PipelineEvents } from '../telemetry/events/pipeline.ts'
import { toMatch, type Analyse, type Analysis } from './analyse.ts'
import type { Deliver } from './deliver.ts'
import type { Policy } from './policy.ts'
import type { AlertDedup, MatchSuppression } from './suppress.ts'

export interface PipelineParts {
  readonly analyse: Analyse
  readonly policy: Policy
  readonly dedup: AlertDedup
  readonly suppression: MatchSuppression
  readonly deliver: Deliver
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
  // One delivery at a time over all sources: sinks are called by one caller, in order.
  let tail: Promise<unknown> = Promise.resolve()
  const enqueue = (work: () => Promise<void>): Promise<void> => {
    const done = tail.then(work)
    tail = done.catch(() => undefined)
    return done
  }
  return {
    run: async (source, reading, working) => {
      const pending = new Set<Promise<void>>()
      for await (const batch of source.read(reading)) {
        if (working.aborted || !(await parts.ready)) break
        const found = analyseBatch(batch, parts)
        const done = enqueue(() => finish(batch, found, { ...parts, working }))
        pending.add(done)
        void done.finally(() => pending.delete(done)).catch(() => undefined)
        if (pending.size >= MAX_IN_FLIGHT) await Promise.race(pending)
      }
      await Promise.all(pending)
    },
  }
}

interface Found {
  readonly parsed: readonly ParsedAlert[]
  readonly matches: readonly Match[]
}

function analyseBatch(batch: Batch, parts: PipelineParts): Found {
  const counts = newBatchCounts()
  const parsed: ParsedAlert[] = []
  const matches: Match[] = []
  for (const alert of batch.alerts) {
    const analysis = analyseAlert(alert, parts, counts)
    if (analysis === undefined || analysis.judged.length === 0) continue
    parsed.push({ alert, observables: analysis.judged.map(({ observable }) => observable) })
    for (const judged of analysis.judged) {
      count(counts.observables, judged.observable.type)
      if (judged.excluded !== undefined) count(counts.excluded, judged.excluded)
      const match = toMatch(analysis, judged, parts.policy, parts.clock.now())
      if (match !== undefined) matches.push(match)
      else for (const reason of judged.suppressedBy) count(counts.held, reason)
    }
  }
  parts.events.batchAnalysed(counts)
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

/** Suppresses, delivers, confirms, acknowledges. A failing store makes repeats possible, never a loss. */
async function finish(
  batch: Batch,
  found: Found,
  parts: PipelineParts & { working: AbortSignal },
): Promise<void> {
  const { suppression, deliver, events, working } = parts
  const matches = await orElse(() => suppression.claim(found.matches), found.matches, events)
  events.matchesSuppressed(found.matches.length - matches.length)
  if (!(await deliver({ parsed: found.parsed, matches }, working))) return
  for (const match of matches) events.matchReported(match.kind)
  await orElse(() => suppression.confirm(matches), undefined, events)
  batch.ack()
}

async function orElse<Value>(
  work: () => Promise<Value>,
  fallback: Value,
  events: PipelineEvents,
): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    events.storeFailed(error)
    return fallback
  }
}
