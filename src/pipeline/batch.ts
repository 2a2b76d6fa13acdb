import type { Alert } from '../core/alert.ts'
import type { Clock } from '../core/clock.ts'
import type { Match, ParsedAlert } from '../core/match.ts'
import type { Batch, Delivery } from '../core/ports.ts'
import { newBatchCounts, type BatchCounts, type PipelineEvents } from '../telemetry/events/pipeline.ts'
import type { AlertDedup } from './alert-dedup.ts'
import { toMatch, type Analyse, type Analysis } from './analyse.ts'
import type { FailedAlert, OnlineResult } from './online.ts'
import type { Policy } from './policy.ts'

export interface ExaminingParts {
  readonly analyse: Analyse
  readonly policy: Policy
  readonly dedup: AlertDedup
  readonly clock: Clock
  readonly events: PipelineEvents
}

/** What the mirror knows of the alerts of a batch. */
export interface Analysed {
  readonly analyses: readonly Analysis[]
  readonly counts: BatchCounts
  readonly failed: readonly FailedAlert[]
}

export function analyseBatch({ alerts }: Pick<Batch, 'alerts'>, parts: ExaminingParts): Analysed {
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

/** What goes to the sinks, and what could not be examined. */
export interface Found {
  readonly delivery: Delivery
  readonly failed: readonly FailedAlert[]
}

export function toDelivery(
  result: OnlineResult,
  { counts, failed: before }: Analysed,
  parts: ExaminingParts,
): Found {
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

export function matchesOf(
  analysis: Analysis,
  counts: BatchCounts,
  { policy, clock }: ExaminingParts,
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

export function analyseAlert(alert: Alert, parts: ExaminingParts, counts: BatchCounts): Analysis | undefined {
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

export function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
