import type { DeadLetters } from '../core/dead-letter.ts'
import { createDeadLetters, DEAD_LETTERS } from '../pipeline/dead-letters.ts'
import { openDeadLetterFolder } from '../sinks/dead-letters/dead-letters.ts'
import { deadLetterEvents } from '../telemetry/events/dead-letters.ts'
import { deliveryEvents } from '../telemetry/events/delivery.ts'
import { sinkEvents } from '../telemetry/events/sink.ts'
import type { DaemonParts, StartContext } from './components.ts'
import { halfOf } from './shutdown.ts'

/** Where everything goes that can never be examined or delivered. Rejects when the folder cannot be used. */
export async function openDeadLetters(
  { config, telemetry }: DaemonParts,
  { closing }: StartContext,
): Promise<DeadLetters> {
  const { clock } = telemetry
  const events = { ...deadLetterEvents(telemetry), ...sinkEvents(telemetry, DEAD_LETTERS) }
  const { stateDir, deadLetters } = config
  const folder = await openDeadLetterFolder({ config: deadLetters, stateDir, clock, events })
  const queue = createDeadLetters({
    append: (letters) => folder.append(letters),
    clock,
    events,
    delivery: deliveryEvents(telemetry),
  })
  closing.push('dead letters', async (leftMs) => {
    await halfOf(leftMs, clock, (signal) => queue.close(signal))
    await folder.close()
  })
  return queue
}
