import type { Peers } from '../../src/core/ports.ts'

/** A store that has no answer now. */
export const silentPeers: Peers = {
  take: () => Promise.resolve(undefined),
  hint: () => Promise.resolve(undefined),
  leaveHint: () => Promise.resolve(),
  clearHint: () => Promise.resolve(),
}

/** The hints of a store, for several nodes in one process. */
export interface HintBoard {
  readonly peers: Peers
  readonly hints: Map<string, Uint8Array>
  /** How often was looked, and each time to live that was given. */
  readonly looks: () => number
  readonly ttls: number[]
}

export function hintBoard(): HintBoard {
  const hints = new Map<string, Uint8Array>()
  const ttls: number[] = []
  let looks = 0
  const peers: Peers = {
    ...silentPeers,
    hint: (key) => {
      looks += 1
      return Promise.resolve(hints.get(key))
    },
    leaveHint: (key, value, ttlMs) => {
      hints.set(key, value)
      ttls.push(ttlMs)
      return Promise.resolve()
    },
    clearHint: (key) => {
      hints.delete(key)
      return Promise.resolve()
    },
  }
  return { peers, hints, looks: () => looks, ttls }
}
