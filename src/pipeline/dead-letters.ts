import { onAbort } from '../core/abort.ts'
import type { Clock } from '../core/clock.ts'
import type { DeadLetter, DeadLetters } from '../core/dead-letter.ts'
import { roughSize } from '../core/rough-size.ts'
import { createTurns } from '../core/turns.ts'
import type { DeadLetterEvents } from '../telemetry/events/dead-letters.ts'
import type { DeliveryEvents } from '../telemetry/events/delivery.ts'
import { untilTaken } from './until-taken.ts'

/** Names them among the sinks, in metrics and logs. No sink can have this id: it would need another type. */
export const DEAD_LETTERS = 'dead-letters'

/** Of letters that wait for the disk without anybody who waits for them. */
const MAX_OFFERED_BYTES = 16 * 1024 ** 2

export interface DeadLetterParts {
  /** Durable when it resolves; rejects with an AppError and may be called again with the same. */
  readonly append: (letters: readonly DeadLetter[]) => Promise<void>
  readonly clock: Clock
  readonly events: DeadLetterEvents
  readonly delivery: Pick<DeliveryEvents, 'refused' | 'silent' | 'taken'>
}

export interface DeadLetterQueue extends DeadLetters {
  /** Waits for what was offered; what is not written when the signal aborts is counted as lost. */
  close(signal: AbortSignal): Promise<void>
}

/** Written one after the other, as to a sink that is required. */
export function createDeadLetters({ append, clock, events, delivery }: DeadLetterParts): DeadLetterQueue {
  const inTurn = createTurns()
  const ending = new AbortController()
  const offered = new Set<Promise<void>>()
  let offeredBytes = 0

  const put: DeadLetters['put'] = (letters, signal) =>
    letters.length === 0
      ? Promise.resolve(true)
      : inTurn(() => untilTaken(() => append(letters), { id: DEAD_LETTERS, clock, events: delivery, signal }))

  async function keep(letters: readonly DeadLetter[], bytes: number): Promise<void> {
    const isKept = await put(letters, ending.signal).catch(() => false)
    offeredBytes -= bytes
    if (!isKept) events.lost('stopped', letters.length)
  }

  return {
    put,
    offer: (letters) => {
      const bytes = roughSize(letters)
      if (offeredBytes > 0 && offeredBytes + bytes > MAX_OFFERED_BYTES)
        return events.lost('memory', letters.length)
      offeredBytes += bytes
      const work = keep(letters, bytes).finally(() => offered.delete(work))
      offered.add(work)
    },
    close: async (signal) => {
      if (signal.aborted) ending.abort()
      const unlisten = onAbort(signal, () => ending.abort())
      await Promise.all(offered)
      unlisten()
    },
  }
}
