import type { Clock } from '../../../core/clock.ts'
import { AppError } from '../../../core/errors.ts'
import type { SightingEvents } from '../../../telemetry/events/sightings.ts'
import { faultCode } from '../client/faults.ts'

/** Whether sightings can be told at all with this token at this address. */
export interface Gate {
  isOpen(): boolean
  /** A sighting was told. */
  worked(): void
  /** What the server said to one. `one`: it is about this one; `all`: the gate is closed for some time. */
  refused(error: AppError): 'one' | 'all'
}

/** How long it is left at that when something is not allowed: people change roles seldom. */
const RECHECK_MS = 10 * 60_000
/** So many forbidden ones in a row, after others that were not, are put down to restrictions of their own. */
const TRUST = 3

export function createGate(clock: Clock, events: SightingEvents): Gate {
  let closedUntil = -Infinity
  let trust = 0
  let told: string | undefined
  return {
    isOpen: () => clock.monotonic() >= closedUntil,
    worked: () => {
      trust = TRUST
      if (told !== undefined) events.possible()
      told = undefined
    },
    refused: (error) => {
      if (faultCode(error) === 'FORBIDDEN_ACCESS' && trust > 0) {
        trust -= 1
        return 'one'
      }
      closedUntil = clock.monotonic() + RECHECK_MS
      const trouble = `${error.code} ${error.message}`
      if (told !== trouble) events.impossible(error, RECHECK_MS)
      told = trouble
      return 'all'
    },
  }
}

/** Whether it is about rights, the address or the version, so that trying again soon is in vain. */
export function isNotAllowed(error: unknown): error is AppError {
  if (!(error instanceof AppError)) return false
  return (
    error.code === 'PROVIDER_REFUSED' ||
    (error.code === 'PROVIDER_UNSUPPORTED' && faultCode(error) === undefined)
  )
}
