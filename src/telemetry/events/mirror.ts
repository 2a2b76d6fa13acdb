import { errorText } from '../../core/errors.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'

/** What the mirror has to say. */
export interface MirrorEvents {
  /** After every change: how many indicators of the provider are found now. */
  counted(provider: string, indicators: number): void
  unitChanged(provider: string, unit: string, indicators: number): void
  /** Space of old indicators could not be given back: it is tried again with the next change. */
  cleaningFailed(error: unknown): void
}

export function mirrorEvents(telemetry: Telemetry): MirrorEvents {
  const limited = limitRepeats(telemetry)
  return {
    counted: (provider, indicators) => telemetry.metrics.set('indicators', indicators, { provider }),
    unitChanged: (provider, unit, indicators) =>
      telemetry.logger.debug({ provider, unit, indicators }, 'Mirror unit changed'),
    cleaningFailed: (error) => {
      telemetry.metrics.count('store_errors_total', 1, { operation: 'mirror_clean' })
      limited('clean', (suppressed) =>
        telemetry.logger.error(
          { error: errorText(error), suppressed },
          'Old indicator bodies could not be freed',
        ),
      )
    },
  }
}
