import type { Clock } from '../core/clock.ts'
import type { Store } from '../core/ports.ts'

/** What the nodes that share a store are reporting at this moment. */
export interface NodeClaims {
  /**
   * False when this node may report the match with this key: no other one does until `release`, or for half a minute. True when it
   * was reported meanwhile, as `isReported` tells.
   */
  isTaken(key: string, isReported: () => Promise<boolean>): Promise<boolean>
  /** After the report was marked. */
  release(key: string): Promise<void>
}

const PREFIX = 'claim/'
/** A node that dies while it reports holds the others up for so long at most; one that takes longer is overtaken. */
const CLAIM_MS = 30_000
const LOOK_EVERY_MS = 100
const AFTER_STOP_MS = 2000

/** `stop` ends the waiting for other nodes soon: the match is reported then, perhaps by both. */
export function createNodeClaims(store: Store, clock: Clock, stop: AbortSignal): NodeClaims {
  // Of the stop, not of each match: it has a deadline.
  let until = Infinity
  return {
    isTaken: async (key, isReported) => {
      while (!(await store.claim(PREFIX + key, CLAIM_MS))) {
        if (await isReported()) return true
        if (stop.aborted) until = Math.min(until, clock.monotonic() + AFTER_STOP_MS)
        if (clock.monotonic() >= until) return false
        await clock.sleep(LOOK_EVERY_MS)
      }
      // Another node may have reported it and released its claim since it was looked at.
      if (!(await isReported())) return false
      await store.delete(PREFIX + key)
      return true
    },
    release: (key) => store.delete(PREFIX + key),
  }
}
