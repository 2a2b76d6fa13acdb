import { errorText } from '../../core/errors.ts'
import type { Alert } from '../../core/alert.ts'
import type { HoldReason, MatchKind } from '../../core/match.ts'
import type { Exclusion, ObservableType } from '../../core/observable.ts'
import { codeAndHint } from '../error-fields.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'

/** Counts of one batch, told at once: nothing is counted or logged per alert. */
export interface BatchCounts {
  processed: number
  duplicates: number
  ownAlerts: number
  overflow: number
  readonly observables: Map<ObservableType, number>
  readonly excluded: Map<Exclusion, number>
  readonly held: Map<HoldReason, number>
}

export function newBatchCounts(): BatchCounts {
  return {
    processed: 0,
    duplicates: 0,
    ownAlerts: 0,
    overflow: 0,
    observables: new Map(),
    excluded: new Map(),
    held: new Map(),
  }
}

export interface PipelineEvents {
  batchAnalysed(counts: BatchCounts): void
  /** Batches of a source that are worked on. */
  inFlight(source: string, batches: number): void
  matchReported(kind: MatchKind): void
  matchesSuppressed(count: number): void
  storeFailed(error: unknown): void
  /** Unanswered alerts could not be kept: the batch is not acknowledged. */
  putAsideFailed(provider: string, error: unknown, retryInMs: number): void
  analysisFailed(alert: Alert, error: unknown): void
  repeatsRolledUp(repeated: readonly RepeatedMatch[]): void
  /** Repeats whose key had to make room in memory before they were told. */
  readonly repeatsForgotten: (repeats: number) => void
}

interface RepeatedMatch {
  readonly observable: string
  readonly agentId: string
  readonly agentName: string
  readonly repeats: number
}

/** Most lines of one roll-up; the rest is told as a sum. */
const MAX_ROLLED_UP = 50

export function pipelineEvents(telemetry: Telemetry): PipelineEvents {
  const { logger, metrics } = telemetry
  const limited = limitRepeats(telemetry)
  return {
    batchAnalysed: (counts) => {
      metrics.count('alerts_processed_total', counts.processed)
      if (counts.duplicates > 0)
        metrics.count('alerts_dropped_total', counts.duplicates, { reason: 'duplicate' })
      if (counts.ownAlerts > 0)
        metrics.count('alerts_dropped_total', counts.ownAlerts, { reason: 'own_alert' })
      if (counts.overflow > 0)
        metrics.count('observables_excluded_total', counts.overflow, { reason: 'overflow' })
      for (const [type, count] of counts.observables) metrics.count('observables_total', count, { type })
      for (const [reason, count] of counts.excluded)
        metrics.count('observables_excluded_total', count, { reason })
      for (const [reason, count] of counts.held) metrics.count('matches_suppressed_total', count, { reason })
    },
    inFlight: (source, batches) => metrics.set('batches_in_flight', batches, { source }),
    matchReported: (kind) => metrics.count('matches_total', 1, { kind }),
    matchesSuppressed: (count) => {
      if (count > 0) metrics.count('matches_suppressed_total', count, { reason: 'window' })
    },
    ...storeEvents(telemetry),
    analysisFailed: ({ id, origin }, error) => {
      metrics.count('alerts_dropped_total', 1, { reason: 'failed' })
      limited('analysis', (suppressed) =>
        logger.error(
          { alert: id, ...origin, error: errorText(error), suppressed },
          'An alert could not be examined and is kept as a dead letter; please report this',
        ),
      )
    },
    repeatsForgotten: (repeats) => metrics.count('repeats_forgotten_total', repeats),
    repeatsRolledUp: (repeated) => {
      for (const each of repeated.slice(0, MAX_ROLLED_UP))
        logger.info({ ...each }, 'Matches were repeated and not reported again')
      const rest = repeated.slice(MAX_ROLLED_UP)
      if (rest.length === 0) return
      const repeats = rest.reduce((sum, each) => sum + each.repeats, 0)
      logger.info({ observables: rest.length, repeats }, 'More matches were repeated and not reported again')
    },
  }
}

/** Troubles with the state store. */
function storeEvents(telemetry: Telemetry): Pick<PipelineEvents, 'storeFailed' | 'putAsideFailed'> {
  const { logger } = telemetry
  const limited = limitRepeats(telemetry)
  return {
    storeFailed: (error) =>
      limited('store', (suppressed) =>
        logger.error(
          { error: errorText(error), suppressed },
          'The state store failed; a match may be reported twice, none is lost',
        ),
      ),
    putAsideFailed: (provider, error, retryInMs) =>
      limited(`put aside ${provider}`, (suppressed) =>
        logger.error(
          { provider, ...codeAndHint(error), error: errorText(error), retryInMs, suppressed },
          'Alerts without an answer cannot be kept; reading waits until they can, nothing is lost',
        ),
      ),
  }
}
