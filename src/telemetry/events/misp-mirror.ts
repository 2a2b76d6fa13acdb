import type { AppError } from '../../core/errors.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'
import { copyEvents, type AboutCopy, type CopyEvents } from './copy.ts'

/** `delta`: what was published lately. `reconcile`: the list of all events. */
export type RoundKind = 'delta' | 'reconcile'

/** What one round did. */
export interface RoundCounts {
  /** Events fetched and put in place of what was there. */
  readonly fetched: number
  readonly attributes: number
  readonly removed: number
  /** Events held back by MISP since now, whose last published state stays for a time. */
  readonly held: number
  readonly ms: number
}

export interface MirrorTotals {
  readonly events: number
  readonly indicators: number
}

/** What the mirror of a MISP has to say. */
export interface MispMirrorEvents extends SnapshotEvents, RoundEvents, CopyEvents {}

interface SnapshotEvents {
  snapshotBegunAnew(path: string, reason: string): void
  snapshotUnitsLost(path: string, units: readonly string[]): void
  snapshotLoaded(totals: MirrorTotals, ms: number): void
  snapshotFailed(error: AppError): void
}

interface RoundEvents {
  /** Called when it is known how much there is to fetch. */
  syncStarted(kind: RoundKind, toFetch: number): void
  syncFinished(kind: RoundKind, counts: RoundCounts, totals: MirrorTotals): void
  syncFailed(kind: RoundKind, error: AppError, retryInMs: number): void
  batchFailed(error: AppError, events: number, retryInMs: number): void
  eventSkipped(event: string, error: AppError): void
  rowsMalformed(rows: number): void
  /** The list of events is suspiciously short. */
  indexDistrusted(listed: number, known: number): void
  cut(leftOut: number, maxIndicators: number): void
}

export function mispMirrorEvents(telemetry: Telemetry, provider: string): MispMirrorEvents {
  const about = { telemetry, provider, limited: limitRepeats(telemetry) }
  return { ...snapshotEvents(about), ...roundEvents(about), ...troubleEvents(about), ...copyEvents(about) }
}

/** Events are named in one line up to so many, with the number of all. */
const MAX_NAMED = 20

function snapshotEvents({ telemetry: { logger, metrics }, provider, limited }: AboutCopy): SnapshotEvents {
  return {
    snapshotBegunAnew: (path, reason) =>
      logger.warn(
        { provider, path, reason },
        'The local copy of a MISP cannot be used: it is fetched from the MISP again',
      ),
    snapshotUnitsLost: (path, units) =>
      limited('lost', (suppressed) =>
        logger.warn(
          { provider, path, events: units.length, named: units.slice(0, MAX_NAMED), suppressed },
          'Events in the local copy of a MISP are damaged: they are fetched again',
        ),
      ),
    snapshotLoaded: (totals, ms) => {
      metrics.set('mirror_events', totals.events, { provider })
      logger.info({ provider, ...totals, ms }, 'Local copy of a MISP loaded')
    },
    snapshotFailed: ({ code, message, hint }) =>
      limited(`snapshot ${code}`, (suppressed) =>
        logger.error(
          { provider, code, error: message, hint, suppressed },
          'The local copy of a MISP cannot be kept: what is in use stays, it is tried again',
        ),
      ),
  }
}

function roundEvents({
  telemetry: { logger, metrics },
  provider,
  limited,
}: AboutCopy): Pick<RoundEvents, 'syncStarted' | 'syncFinished' | 'syncFailed' | 'batchFailed'> {
  return {
    syncStarted: (kind, toFetch) =>
      logger[toFetch > 0 ? 'info' : 'debug']({ provider, kind, toFetch }, 'Bringing the mirror up to date'),
    syncFinished: (kind, counts, totals) => {
      metrics.count('mirror_syncs_total', 1, { provider, outcome: 'ok' })
      metrics.set('mirror_events', totals.events, { provider })
      const changed = counts.fetched + counts.removed + counts.held > 0
      logger[changed ? 'info' : 'debug']({ provider, kind, ...counts, ...totals }, 'Mirror is up to date')
    },
    syncFailed: (kind, { code, message, hint }, retryInMs) => {
      metrics.count('mirror_syncs_total', 1, { provider, outcome: 'failed' })
      limited(`failed ${kind} ${code}`, (suppressed) =>
        logger.error(
          { provider, kind, code, error: message, hint, retryInMs, suppressed },
          'The mirror could not be brought up to date: what it has stays in use, it is tried again',
        ),
      )
    },
    batchFailed: ({ code, message }, events, retryInMs) =>
      limited(`batch ${code}`, (suppressed) =>
        logger.warn(
          { provider, code, error: message, events, retryInMs, suppressed },
          'Attributes could not be fetched: they are asked for again',
        ),
      ),
  }
}

function troubleEvents({
  telemetry: { logger, metrics },
  provider,
  limited,
}: AboutCopy): Pick<RoundEvents, 'eventSkipped' | 'rowsMalformed' | 'indexDistrusted' | 'cut'> {
  return {
    eventSkipped: (event, { code, message }) =>
      limited(`skipped ${event}`, (suppressed) =>
        logger.error(
          { provider, event, code, error: message, suppressed },
          'An event cannot be fetched: it is left as it is and tried again later',
        ),
      ),
    rowsMalformed: (rows) =>
      metrics.count('provider_rows_dropped_total', rows, { provider, reason: 'malformed' }),
    indexDistrusted: (listed, known) =>
      logger.warn(
        { provider, listed, known },
        'MISP lists far fewer events than before: nothing is removed unless the next full comparison says the same',
      ),
    cut: (leftOut, maxIndicators) =>
      limited('cut', (suppressed) =>
        logger.warn(
          { provider, leftOut, maxIndicators, suppressed },
          'The mirror is at its most indicators: events are left out',
        ),
      ),
  }
}
