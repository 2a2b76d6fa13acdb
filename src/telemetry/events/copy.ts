import { errorText } from '../../core/errors.ts'
import type { LimitRepeats, Telemetry } from '../telemetry.ts'

/** What the local copy of any platform has to say of its age and its start. */
export interface CopyEvents {
  /** Called after each attempt to bring it up to date. */
  age(ms: number): void
  stale(ageMs: number): void
  /** The first copy is not there: alerts wait. */
  waiting(maxMs: number): void
  goingWithout(waitedMs: number): void
  statusFailed(error: unknown): void
}

export interface AboutCopy {
  readonly telemetry: Telemetry
  readonly provider: string
  readonly limited: LimitRepeats
}

/** Told right behind a round that went well. */
const FRESH_MS = 60_000

export function copyEvents({ telemetry, provider, limited }: AboutCopy): CopyEvents {
  const { logger, metrics, health } = telemetry
  const component = `provider ${provider}`
  return {
    age: (ms) => {
      metrics.set('mirror_age_seconds', ms / 1000, { provider })
      if (ms < FRESH_MS) health?.set(component, 'mirror', 'ok')
    },
    stale: (ageMs) => {
      health?.set(component, 'mirror', 'degraded', 'its mirror was not brought up to date for too long')
      logger.error({ provider, ageMs }, 'The mirror is stale: it was not brought up to date for too long')
    },
    waiting: (maxMs) => {
      health?.set(component, 'mirror', 'starting', 'it is copied for the first time')
      limited('waiting', (suppressed) =>
        logger.warn(
          { provider, maxMs, suppressed },
          'The server is copied for the first time: no alert is read until that is done or nothing comes any more',
        ),
      )
    },
    goingWithout: (waitedMs) => {
      health?.set(component, 'mirror', 'degraded', 'it is not copied yet')
      logger.error(
        { provider, waitedMs },
        'The server is not copied yet: alerts are matched without what is missing from now on',
      )
    },
    statusFailed: (error) =>
      limited('status', (suppressed) =>
        logger.warn(
          { provider, error: errorText(error), suppressed },
          'The state of the local copy cannot be written for `tripline intel status`',
        ),
      ),
  }
}
