import type { Clock } from '../../core/clock.ts'
import type { ComponentId } from '../../core/indicator.ts'
import type { Notice } from '../../core/ports.ts'
import { lookupError, type AskLayer } from './ask.ts'

export interface ToldFailuresOptions {
  readonly provider: ComponentId
  readonly clock: Clock
  readonly onNotice: (notice: Notice) => void
}

/**
 * Tells of each request that failed, after its retries. Goes inside the breaker, which tells only of outages, and whose own
 * refusals are no failures of the server. Who passes notices on tells a cause once in a while.
 */
export function toldFailures({ provider, clock, onNotice }: ToldFailuresOptions): AskLayer {
  return (next) => async (observables, signal) => {
    try {
      return await next(observables, signal)
    } catch (thrown) {
      if (!signal.aborted) {
        const { code, message } = lookupError(thrown)
        onNotice({ provider, kind: 'failing', code, message, at: clock.now() })
      }
      throw thrown
    }
  }
}
