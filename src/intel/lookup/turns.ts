import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Peers, Turn } from '../../core/ports.ts'
import type { LookupEvents } from '../../telemetry/events/lookup.ts'

export interface TurnOptions {
  /** Least time between the starts of two requests. */
  readonly spacingMs: number
  /** Most requests in one window. */
  readonly burst: number
  readonly windowMs: number
  /** Where nodes share a store: `bucket` is the same for all that share the limits above. */
  readonly shared?: { readonly peers: Peers; readonly bucket: string }
  readonly events: LookupEvents
}

/** The next start among all nodes, or, where there are none or they cannot tell, of this one alone. */
export function createTurns(options: TurnOptions, maxWaitMs: number): (leftMs: number) => Promise<Turn> {
  const { spacingMs, burst, windowMs, shared, events } = options
  const own = burstWindow(options)
  if (shared === undefined) return () => own.take()
  const { peers, bucket } = shared
  return async (leftMs) => {
    const turn = await peers.take(bucket, { spacingMs, burst, windowMs, maxWaitMs }, leftMs)
    events.rateShared(turn === undefined ? 'local' : turn.damaged === true ? 'damaged' : 'shared')
    if (turn?.granted === true) await own.note()
    return turn ?? own.take()
  }
}

interface BurstWindow {
  /** One of the window's requests; not granted: how long until the next window. */
  take(): Promise<Turn>
  /** One was granted elsewhere. */
  note(): Promise<void>
}

/**
 * The limiter goes by the wall clock and its own timer; a wait longer than a window can only come from a clock that was set.
 */
function burstWindow({ burst, windowMs }: TurnOptions): BurstWindow {
  const limiter = new RateLimiterMemory({ points: burst, duration: windowMs / 1000 })
  return {
    take: async () => {
      try {
        await limiter.consume('requests')
        return { granted: true, waitMs: 0 }
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused
        return { granted: false, waitMs: Math.min(windowMs, Math.max(1, refused.msBeforeNext)) }
      }
    },
    note: async () => {
      await limiter.penalty('requests')
    },
  }
}
