import type { MispEventHead } from '../api.ts'

/** Events that are not in the snapshot as MISP lists them, and why; in memory, so that a restart tries them again. */
export interface Doubts {
  /** They would not fit under the most indicators allowed. */
  leaveOut(head: MispEventHead): void
  isLeftOut(head: MispEventHead): boolean
  readonly leftOut: number
  /** They could not be fetched. */
  skip(head: MispEventHead): void
  readonly skipped: number
  /**
   * Fetching it alone failed. Gives whether that is the event and not the server: it failed in an earlier attempt, too, and
   * `areOthersWell` was so then or is now.
   */
  blame(head: MispEventHead, areOthersWell: boolean): boolean
  /** Fetching it alone failed the last time. */
  isSuspect(head: MispEventHead): boolean
  /** Whether the event was without attributes before: only then it is believed that all of them are gone. */
  wasEmptyBefore(head: MispEventHead): boolean
  /** It was fetched. */
  settle(head: MispEventHead): void
  /**
   * Before all events are compared: what is not to be fetched is forgotten, what was skipped is tried again. With `retry`
   * also what was left out: there is room again.
   */
  startOver(toFetch: readonly MispEventHead[], retry: boolean): void
}

export function createDoubts(): Doubts {
  /** Event → the change it was left out at: a later one may be smaller. */
  const leftOut = new Map<string, number>()
  const skipped = new Set<string>()
  /** Event → whether others could be fetched when it failed a second time. */
  const suspects = new Map<string, boolean>()
  const empty = new Set<string>()
  return {
    leaveOut: ({ uuid, timestamp }) => void leftOut.set(uuid, timestamp),
    isLeftOut: ({ uuid, timestamp }) => leftOut.get(uuid) === timestamp,
    get leftOut() {
      return leftOut.size
    },
    skip: ({ uuid }) => void skipped.add(uuid),
    get skipped() {
      return skipped.size
    },
    blame: ({ uuid }, areOthersWell) => {
      const before = suspects.get(uuid)
      const isToBlame = before !== undefined && (before || areOthersWell)
      suspects.set(uuid, isToBlame)
      return isToBlame
    },
    isSuspect: ({ uuid }) => suspects.has(uuid),
    wasEmptyBefore: ({ uuid }) => {
      if (empty.has(uuid)) return true
      empty.add(uuid)
      return false
    },
    settle: ({ uuid }) => {
      leftOut.delete(uuid)
      skipped.delete(uuid)
      suspects.delete(uuid)
      empty.delete(uuid)
    },
    startOver: (toFetch, retry) => {
      const uuids = new Set(toFetch.map(({ uuid }) => uuid))
      for (const uuid of leftOut.keys()) if (retry || !uuids.has(uuid)) leftOut.delete(uuid)
      for (const known of [empty, suspects])
        for (const uuid of known.keys()) if (!uuids.has(uuid)) known.delete(uuid)
      skipped.clear()
    },
  }
}
