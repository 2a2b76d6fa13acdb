import type { DeadLetter } from '../../core/dead-letter.ts'
import type { ComponentId } from '../../core/indicator.ts'
import type { QueueEvents } from '../../telemetry/events/queue.ts'
import type { Burial } from '../refused.ts'
import type { Refusal } from './datagram.ts'

/** What is not sent, and why: for a person to look at. `failed`: no event could be made of it. */
export interface Refused extends Pick<DeadLetter, 'alert' | 'match' | 'text' | 'error'> {
  readonly reason: Refusal | 'failed'
  readonly id: string
}

export interface SetAside {
  /** True when all of them are durable among the dead letters, or nothing keeps any; false when the signal aborted before. */
  put(refused: readonly Refused[], signal: AbortSignal): Promise<boolean>
  /** Whether anything was refused so far. */
  readonly isUsed: boolean
}

export interface SetAsideOptions {
  readonly id: ComponentId
  readonly deadLetters: Burial | undefined
  readonly events: Pick<QueueEvents, 'refused'>
}

export function createSetAside({ id: component, deadLetters, events }: SetAsideOptions): SetAside {
  let isUsed = false
  return {
    get isUsed() {
      return isUsed
    },
    put: async (refused, signal) => {
      if (refused.length === 0) return true
      isUsed = true
      for (const { reason, id } of refused) events.refused(reason, id)
      const letters = refused.map(({ reason, alert, match, text, error = TEXTS[reason] }): DeadLetter => ({
        ...(alert === undefined ? {} : { alert }),
        ...(match === undefined ? {} : { match }),
        ...(text === undefined ? {} : { text }),
        reason: 'refused',
        component,
        error,
      }))
      return deadLetters === undefined || deadLetters.put(letters, signal)
    },
  }
}

const TEXTS: Readonly<Record<Refused['reason'], string>> = {
  too_long: 'The event is longer than Wazuh takes',
  not_an_event: 'Wazuh would make no alert of the event',
  failed: 'No event could be made',
}
