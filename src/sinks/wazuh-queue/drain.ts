import type { Clock } from '../../core/clock.ts'
import type { QueueEvents } from '../../telemetry/events/queue.ts'
import type { Pace } from '../pace.ts'
import type { OutboxEntry } from './outbox/entry.ts'
import type { Outbox } from './outbox/outbox.ts'
import type { Sender } from './sender.ts'
import { createTrouble, type Obstacle, type Trouble } from './trouble.ts'

/** Entries sent before they are removed together: so many may come twice after a crash. */
const MAX_AT_ONCE = 64
/** When it is stopped, for what still waits; the rest is sent after the next start. */
const LAST_MS = 1000

export interface DrainParts {
  readonly outbox: Outbox
  readonly sender: Sender
  readonly pace: Pace
  readonly clock: Clock
  readonly events: QueueEvents
  /** Called for each entry right after it was sent. */
  readonly onSent: (entry: OutboxEntry) => void
  /** Sets aside an entry that can never be sent: true when that is durable, false when it is not before the stop. */
  readonly setAside: (entry: OutboxEntry) => Promise<boolean>
}

export interface Drain {
  /** Sends what it can without waiting for Wazuh, a second at most, then resolves. */
  stop(): Promise<void>
}

interface Running extends DrainParts {
  readonly trouble: Trouble
  /** Aborted when it is to stop: it waits for nothing any more. */
  readonly stopping: AbortSignal
  /** Aborted when it is to stop at once. */
  readonly ending: AbortSignal
}

/** Sends what is in the outbox, oldest first, for as long as it runs. */
export function startDrain(parts: DrainParts): Drain {
  const stopping = new AbortController()
  const ending = new AbortController()
  const trouble = createTrouble(parts.clock, parts.events)
  const ended = run({ ...parts, trouble, stopping: stopping.signal, ending: ending.signal })
  return {
    stop: async () => {
      stopping.abort()
      const done = new AbortController()
      void parts.clock.sleep(LAST_MS, done.signal).then(() => ending.abort())
      await ended
      done.abort()
      parts.sender.close()
    },
  }
}

async function run(parts: Running): Promise<void> {
  const { outbox, clock, stopping, ending } = parts
  while (!ending.aborted) {
    await outbox.filled(stopping)
    const entries = await outbox.next()
    if (entries.length === 0 && stopping.aborted) return
    const obstacle = await sendSome(parts, entries.slice(0, MAX_AT_ONCE))
    tellWaiting(parts, entries)
    if (obstacle === undefined) continue
    if (stopping.aborted) return
    await clock.sleep(parts.trouble.met(obstacle, outbox.waiting.entries), stopping)
  }
}

/** In order, up to the first that is not taken. */
async function sendSome(parts: Running, entries: readonly OutboxEntry[]): Promise<Obstacle | undefined> {
  const { outbox, pace, sender, trouble, ending, events } = parts
  let done = 0
  let sent = 0
  let obstacle: Obstacle | undefined
  for (const entry of entries) {
    await pace.ready(ending)
    if (ending.aborted) break
    const result = sender.send(Buffer.from(entry.datagram))
    if (result.kind === 'full' || result.kind === 'away') {
      obstacle = result
      break
    }
    if (result.kind === 'sent') {
      pace.wrote(1)
      parts.onSent(entry)
      sent += 1
    } else if (!(await parts.setAside(entry))) break
    done += 1
  }
  if (done > 0) await outbox.remove(done)
  if (sent > 0) {
    events.sent(sent)
    trouble.over(outbox.waiting.entries)
  }
  return obstacle
}

/** `entries`: what was next; its first is not removed when nothing could be sent. */
function tellWaiting({ outbox, clock, events }: Running, [oldest]: readonly OutboxEntry[]): void {
  const { entries, bytes } = outbox.waiting
  const since = entries === 0 || oldest === undefined ? 0 : clock.now() - oldest.at
  events.waiting(entries, bytes, Math.max(0, since))
}
