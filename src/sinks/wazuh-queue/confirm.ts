import type { Clock } from '../../core/clock.ts'
import type { QueueEvents } from '../../telemetry/events/queue.ts'
import type { OutboxEntry } from './outbox/entry.ts'

export interface ConfirmOptions {
  readonly timeoutMs: number
  /** Most entries that are remembered; further ones are not looked for. */
  readonly maxTracked: number
  /** Most bytes they take, two for each character; further ones are not looked for. */
  readonly maxBytes: number
  readonly clock: Clock
  readonly events: QueueEvents
  /** Queues an entry once more; a rejection gives it up. */
  readonly sendAgain: (entry: OutboxEntry) => Promise<void>
}

export interface Confirm {
  readonly sent: (entry: OutboxEntry) => void
  readonly seen: (id: string) => void
  /** Forgets what was not confirmed. */
  close(): Promise<void>
}

interface Tracked {
  readonly entry: OutboxEntry
  readonly dueAt: number
  readonly bytes: number
}

/**
 * Waits for what was sent to be seen again; what is not in time is sent once more, and then told. Kept in memory: after a
 * restart nothing of before is looked for.
 */
export function createConfirm(options: ConfirmOptions): Confirm {
  const { timeoutMs, maxTracked, maxBytes, clock, events } = options
  const closing = new AbortController()
  /** In the order they become due. */
  const tracked = new Map<string, Tracked>()
  let held = 0
  const forget = (id: string): boolean => {
    held -= tracked.get(id)?.bytes ?? 0
    return tracked.delete(id)
  }
  const sweep = async (): Promise<void> => {
    const now = clock.monotonic()
    for (const [id, { entry, dueAt }] of tracked) {
      if (dueAt > now) return
      forget(id)
      if (entry.again === true) events.unconfirmed(id)
      else await again(options, entry)
    }
  }
  const ended = (async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await clock.sleep(timeoutMs / 4, closing.signal)
      if (!closing.signal.aborted) await sweep()
    }
  })()
  return {
    sent: (entry) => {
      if (entry.id === '') return
      forget(entry.id)
      const bytes = 2 * entry.datagram.length
      if (tracked.size >= maxTracked || held + bytes > maxBytes) return
      tracked.set(entry.id, { entry, dueAt: clock.monotonic() + timeoutMs, bytes })
      held += bytes
    },
    seen: (id) => {
      if (forget(id)) events.confirmed()
    },
    close: () => {
      closing.abort()
      return ended
    },
  }
}

async function again({ clock, events, sendAgain }: ConfirmOptions, entry: OutboxEntry): Promise<void> {
  try {
    await sendAgain({ ...entry, at: clock.now(), again: true })
    events.sentAgain()
  } catch {
    events.unconfirmed(entry.id)
  }
}
