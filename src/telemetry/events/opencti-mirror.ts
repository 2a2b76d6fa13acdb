import type { AppError } from '../../core/errors.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'
import { copyEvents, type AboutCopy, type CopyEvents } from './copy.ts'

export interface CopyTotals {
  /** STIX indicators with a pattern that can match. */
  readonly objects: number
  /** Values they are found by. */
  readonly indicators: number
}

/** What the mirror of an OpenCTI has to say. */
export interface OpenCtiMirrorEvents extends CopyEvents {
  snapshotBegunAnew(path: string, reason: string): void
  snapshotUnitsLost(path: string, units: readonly string[]): void
  snapshotLoaded(totals: CopyTotals, ms: number): void
  snapshotFailed(error: AppError): void
  loadStarted(total: number | undefined): void
  loadFinished(counts: { readonly read: number; readonly ms: number }, totals: CopyTotals): void
  loadFailed(error: AppError, retryInMs: number): void
  /** Far fewer indicators than before are promised. */
  loadDistrusted(promised: number, known: number): void
  /** Indicators found no room. */
  cut(leftOut: number, maxIndicators: number): void
  rowsMalformed(rows: number): void
  connected(from: string): void
  streamFailed(error: AppError, retryInMs: number): void
  /** The stream does not reach back to where the copy stands. */
  gap(from: string, first: string): void
  /** Objects that a stream or a poll told of. */
  changed(objects: number, totals: CopyTotals): void
  pollFailed(error: AppError, retryInMs: number): void
}

/** Units are named in one line up to so many, with the number of all. */
const MAX_NAMED = 20

interface About extends AboutCopy {
  readonly counted: (totals: CopyTotals) => void
  readonly failed: (key: string, message: string, error: AppError, more: object) => void
}

export function openCtiMirrorEvents(telemetry: Telemetry, provider: string): OpenCtiMirrorEvents {
  const { logger, metrics } = telemetry
  const limited = limitRepeats(telemetry)
  const about: About = {
    telemetry,
    provider,
    limited,
    counted: (totals) => metrics.set('mirror_objects', totals.objects, { provider }),
    failed: (key, message, { code, message: error, hint }, more) =>
      limited(`${key} ${code}`, (suppressed) =>
        logger.error({ provider, code, error, hint, ...more, suppressed }, message),
      ),
  }
  return { ...snapshotEvents(about), ...loadEvents(about), ...followEvents(about), ...copyEvents(about) }
}

function snapshotEvents({
  telemetry: { logger },
  provider,
  limited,
  counted,
  failed,
}: About): Pick<
  OpenCtiMirrorEvents,
  'snapshotBegunAnew' | 'snapshotUnitsLost' | 'snapshotLoaded' | 'snapshotFailed'
> {
  return {
    snapshotBegunAnew: (path, reason) =>
      logger.warn(
        { provider, path, reason },
        'The local copy of an OpenCTI cannot be used: it is loaded from the OpenCTI again',
      ),
    snapshotUnitsLost: (path, units) =>
      limited('lost', (suppressed) =>
        logger.warn(
          { provider, path, units: units.length, named: units.slice(0, MAX_NAMED), suppressed },
          'Parts of the local copy of an OpenCTI are damaged: all is loaded again',
        ),
      ),
    snapshotLoaded: (totals, ms) => {
      counted(totals)
      logger.info({ provider, ...totals, ms }, 'Local copy of an OpenCTI loaded')
    },
    snapshotFailed: (error) =>
      failed(
        'snapshot',
        'The local copy of an OpenCTI cannot be kept: what is in use stays, it is tried again',
        error,
        {},
      ),
  }
}

function loadEvents({
  telemetry: { logger, metrics },
  provider,
  limited,
  counted,
  failed,
}: About): Pick<
  OpenCtiMirrorEvents,
  'loadStarted' | 'loadFinished' | 'loadFailed' | 'loadDistrusted' | 'cut' | 'rowsMalformed'
> {
  return {
    loadStarted: (total) => logger.info({ provider, total }, 'Loading the indicators of an OpenCTI'),
    loadFinished: ({ read, ms }, totals) => {
      metrics.count('mirror_syncs_total', 1, { provider, outcome: 'ok' })
      counted(totals)
      logger.info({ provider, read, ms, ...totals }, 'The indicators of an OpenCTI are loaded')
    },
    loadFailed: (error, retryInMs) => {
      metrics.count('mirror_syncs_total', 1, { provider, outcome: 'failed' })
      failed(
        'load',
        'The indicators of an OpenCTI could not be loaded: what is there stays in use, it is tried again',
        error,
        { retryInMs },
      )
    },
    loadDistrusted: (promised, known) =>
      logger.warn(
        { provider, promised, known },
        'OpenCTI shows far fewer indicators than before: nothing is removed unless that lasts for an hour',
      ),
    cut: (leftOut, maxIndicators) =>
      limited('cut', (suppressed) =>
        logger.warn(
          { provider, leftOut, maxIndicators, suppressed },
          'The mirror is at its most indicators: values are left out',
        ),
      ),
    rowsMalformed: (rows) => {
      if (rows > 0) metrics.count('provider_rows_dropped_total', rows, { provider, reason: 'malformed' })
    },
  }
}

function followEvents({
  telemetry: { logger, metrics },
  provider,
  counted,
  failed,
}: About): Pick<OpenCtiMirrorEvents, 'connected' | 'streamFailed' | 'gap' | 'changed' | 'pollFailed'> {
  return {
    connected: (from) => logger.info({ provider, from }, 'Following the live stream of an OpenCTI'),
    streamFailed: (error, retryInMs) =>
      failed('stream', 'The live stream of an OpenCTI is interrupted: it is connected again', error, {
        retryInMs,
      }),
    gap: (from, first) =>
      logger.warn(
        { provider, from, first },
        'The live stream of an OpenCTI does not reach back far enough: all is loaded again',
      ),
    changed: (objects, totals) => {
      metrics.count('mirror_changes_total', objects, { provider })
      counted(totals)
      logger.debug({ provider, changed: objects, ...totals }, 'Changes of an OpenCTI are applied')
    },
    pollFailed: (error, retryInMs) =>
      failed('poll', 'OpenCTI could not be asked for changes: it is tried again', error, { retryInMs }),
  }
}
