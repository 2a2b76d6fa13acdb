import { errorText } from '../../core/errors.ts'
import type { Telemetry } from '../telemetry.ts'

/** What was done between start and stop. */
export interface Totals {
  readonly alertsRead: number
  /** By reason: duplicates, alerts of threat-intelligence integrations (`METRICS.alerts_dropped_total`). */
  readonly alertsDropped: Readonly<Record<string, number>>
  readonly observables: number
  readonly matches: number
  readonly suppressed: number
  readonly linesSkipped: number
}

export interface AppEvents {
  warned(setting: string, message: string): void
  starting(version: string, stateDir: string): void
  running(indicators: number, ms: number): void
  stopping(reason: string): void
  stopped(ms: number): Promise<void>
  late(components: readonly string[]): void
  closeFailed(component: string, error: unknown): void
  providerFailed(provider: string, error: unknown, retryInMs: number): void
  unitFailed(provider: string, unit: string, error: unknown): void
}

export function appEvents({ logger, metrics }: Telemetry): AppEvents {
  return {
    warned: (setting, message) => logger.warn({ setting }, message),
    starting: (version, stateDir) => logger.info({ version, stateDir }, 'Tripline starts'),
    running: (indicators, ms) => logger.info({ indicators, ms }, 'Tripline is running'),
    stopping: (reason) => logger.info({ reason }, 'Tripline stops: finishing what was read'),
    stopped: async (ms) => {
      const totals: Totals = {
        alertsRead: await metrics.total('alerts_read_total'),
        alertsDropped: await metrics.byReason('alerts_dropped_total'),
        observables: await metrics.total('observables_total'),
        matches: await metrics.total('matches_total'),
        suppressed: await metrics.total('matches_suppressed_total'),
        linesSkipped: await metrics.total('lines_skipped_total'),
      }
      logger.info({ ms, ...totals }, 'Tripline stopped')
    },
    late: (components) =>
      logger.error(
        { components },
        'The shutdown deadline passed; what was not acknowledged is read again at the next start',
      ),
    closeFailed: (component, error) => logger.error({ component, error: errorText(error) }, 'Closing failed'),
    providerFailed: (provider, error, retryInMs) =>
      logger.error(
        { provider, error: errorText(error), retryInMs },
        'A provider stopped giving indicators; it is asked again',
      ),
    unitFailed: (provider, unit, error) =>
      logger.error(
        { provider, unit, error: errorText(error) },
        'Indicators could not be loaded; the earlier ones stay',
      ),
  }
}
