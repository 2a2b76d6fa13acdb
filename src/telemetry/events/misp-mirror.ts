import { errorText, type AppError } from '../../core/errors.ts'
import { limitRepeats, type LimitRepeats, type Telemetry } from '../telemetry.ts'

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
export interface MispMirrorEvents extends SnapshotEvents, RoundEvents {}

interface SnapshotEvents {
  snapshotBegunAnew(path: string, reason: string): void
  snapshotUnitsLost(path: string, units: readonly string[]): void
  snapshotLoaded(totals: MirrorTotals, ms: number): void
  snapshotFailed(error: AppError): void
  statusFailed(error: unknown): void
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
  /** Called after each round, and each time it failed. */
  age(ms: number): void
  stale(ageMs: number): void
  /** The first copy is not there: alerts wait. */
  waiting(maxMs: number): void
  goingWithout(waitedMs: number): void
}

interface About {
  readonly telemetry: Telemetry
  readonly provider: string
  readonly limited: LimitRepeats
}

export function mispMirrorEvents(telemetry: Telemetry, provider: string): MispMirrorEvents {
  const about = { telemetry, provider, limited: limitRepeats(telemetry) }
  return { ...snapshotEvents(about), ...roundEvents(about), ...troubleEvents(about), ...ageEvents(about) }
}

/** Events are named in one line up to so many, with the number of all. */
const MAX_NAMED = 20

function snapshotEvents({ telemetry: { logger, metrics }, provider, limited }: About): SnapshotEvents {
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
    statusFailed: (error) =>
      limited('status', (suppressed) =>
        logger.warn(
          { provider, error: errorText(error), suppressed },
          'The state of the local copy cannot be written for `tripline intel status`',
        ),
      ),
  }
}

function roundEvents({
  telemetry: { logger, metrics },
  provider,
  limited,
}: About): Pick<RoundEvents, 'syncStarted' | 'syncFinished' | 'syncFailed' | 'batchFailed'> {
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
}: About): Pick<RoundEvents, 'eventSkipped' | 'rowsMalformed' | 'indexDistrusted' | 'cut'> {
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

function ageEvents({
  telemetry: { logger, metrics },
  provider,
  limited,
}: About): Pick<RoundEvents, 'age' | 'stale' | 'waiting' | 'goingWithout'> {
  return {
    age: (ms) => metrics.set('mirror_age_seconds', ms / 1000, { provider }),
    stale: (ageMs) =>
      logger.error({ provider, ageMs }, 'The mirror is stale: it was not brought up to date for too long'),
    waiting: (maxMs) =>
      limited('waiting', (suppressed) =>
        logger.warn(
          { provider, maxMs, suppressed },
          'The MISP is copied for the first time: no alert is read until that is done or nothing comes any more',
        ),
      ),
    goingWithout: (waitedMs) =>
      logger.error(
        { provider, waitedMs },
        'The MISP is not copied yet: alerts are matched without what is missing from now on',
      ),
  }
}
