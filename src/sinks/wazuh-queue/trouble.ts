import type { Clock } from '../../core/clock.ts'
import type { QueueEvents } from '../../telemetry/events/queue.ts'
import { queueHint } from './hints.ts'

/** Wazuh restarts within seconds, or stays away; a queue of 10 datagrams (net.unix.max_dgram_qlen) is emptied in a millisecond. */
const FIRST_WAIT_MS = { away: 10, full: 1 } as const
const MOST_WAIT_MS = { away: 30_000, full: 1000 } as const
/** A queue that is full for so long is not read any more. */
const STUCK_MS = 10_000

/** Why a datagram was not taken. */
export type Obstacle = { readonly kind: 'full' } | { readonly kind: 'away'; readonly code: string }

export interface Trouble {
  /** Nothing could be sent; gives how long to wait before the next attempt. */
  met(obstacle: Obstacle, waiting: number): number
  /** Something was sent. */
  over(waiting: number): void
}

interface Lasting {
  readonly kind: Obstacle['kind']
  readonly since: number
  readonly waitMs: number
  /** The code that was told last. */
  readonly told: string | undefined
}

/** Remembers how long nothing could be sent and why; tells it when it begins or becomes another one, and its end. */
export function createTrouble(clock: Clock, events: QueueEvents): Trouble {
  let lasting: Lasting | undefined
  return {
    met: (obstacle, waiting) => {
      const { kind } = obstacle
      const code = kind === 'away' ? obstacle.code : 'EAGAIN'
      const now = clock.monotonic()
      const since = lasting?.since ?? now
      const waitMs =
        lasting?.kind === kind ? Math.min(lasting.waitMs * 2, MOST_WAIT_MS[kind]) : FIRST_WAIT_MS[kind]
      const isTold = kind === 'away' || now - since >= STUCK_MS
      if (isTold && lasting?.told !== code) events.away(code, queueHint(code), waiting)
      lasting = { kind, since, waitMs, told: isTold ? code : lasting?.told }
      return waitMs
    },
    over: (waiting) => {
      if (lasting?.told !== undefined) events.back(Math.round(clock.monotonic() - lasting.since), waiting)
      lasting = undefined
    },
  }
}
