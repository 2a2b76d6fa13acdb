import type { AppError } from '../../core/errors.ts'
import type { Telemetry } from '../telemetry.ts'

/** What became of one alert that was looked up by a process of its own. */
export interface IntegrationDone {
  readonly alerts: number
  readonly matches: number
  readonly notices: number
  readonly ms: number
}

/** What `tripline integration` has to say. Nothing of the alert, and none of its arguments, is logged. */
export interface IntegrationEvents {
  done(what: IntegrationDone): void
  failed(error: AppError): void
  /** The sinks did not take everything in time, or not at all. */
  undelivered(ms: number): void
}

export function integrationEvents({ logger }: Telemetry, integration: string): IntegrationEvents {
  return {
    done: (what) => logger.info({ integration, ...what }, 'The alert was looked up'),
    failed: ({ code, message, hint }) =>
      logger.error({ integration, code, error: message, hint }, 'The alert could not be looked up'),
    undelivered: (ms) => logger.error({ integration, ms }, 'What was found could not all be handed to Wazuh'),
  }
}
