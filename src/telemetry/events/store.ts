import { errorText } from '../../core/errors.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'

/** What the state store and the mirror's body store have to say. */
export interface StoreEvents {
  failed(operation: string, error: unknown): void
  /** The state file ended the process each time it was read: an empty one is in its place. */
  begunAnew(path: string, kept: string): void
  bodyLost(ordinal: number): void
  /** The lock's holder is in another container or on another machine: only time tells whether it lives. */
  lockListening(holder: { readonly pid: number; readonly host: string }, maxMs: number): void
}

export function storeEvents(telemetry: Telemetry): StoreEvents {
  const limited = limitRepeats(telemetry)
  return {
    failed: (operation, error) => {
      telemetry.metrics.count('store_errors_total', 1, { operation })
      limited(`failed ${operation}`, (suppressed) =>
        telemetry.logger.error(
          { operation, error: errorText(error), suppressed },
          'State store operation failed',
        ),
      )
    },
    begunAnew: (path, kept) => {
      telemetry.metrics.count('store_errors_total', 1, { operation: 'open' })
      telemetry.logger.error(
        { path, kept },
        'The state file is damaged and was set aside; an empty one is used',
      )
    },
    bodyLost: (ordinal) => {
      telemetry.metrics.count('mirror_bodies_lost_total', 1)
      limited('body', (suppressed) =>
        telemetry.logger.error({ ordinal, suppressed }, 'An indicator body could not be read back'),
      )
    },
    lockListening: ({ pid, host }, maxMs) =>
      telemetry.logger.warn(
        { pid, host, maxMs },
        'The state directory is locked from elsewhere: waiting for a sign of life of the holder',
      ),
  }
}
