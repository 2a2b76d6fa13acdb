/** When 64-bit digests were seen last, for a bounded number of them. */
export interface RecentDigests {
  /** As it was given; undefined for one that was never noted, or was forgotten. */
  seenAt(digest: bigint): number | undefined
  /** `at`: milliseconds, not negative. */
  note(digest: bigint, at: number): void
}

/**
 * Remembers the newest half of `max` digests (rounded down), and `max` at most: two tables take turns, and the older one is emptied when the other is
 * full. Typed arrays, 16 bytes a slot and nothing for the garbage collector: every alert that is read comes by here.
 */
export function createRecentDigests(max: number): RecentDigests {
  const capacity = Math.max(1, Math.floor(max / 2))
  let young = createTable(capacity)
  let old = createTable(capacity)
  return {
    seenAt: (digest) => {
      const low = Number(BigInt.asUintN(32, digest))
      const high = Number(digest >> 32n)
      return young.get(low, high) ?? old.get(low, high)
    },
    note: (digest, at) => {
      const low = Number(BigInt.asUintN(32, digest))
      const high = Number(digest >> 32n)
      if (young.isFull() && young.get(low, high) === undefined) {
        ;[young, old] = [old, young]
        young.clear()
      }
      young.set(low, high, at)
    },
  }
}

interface Table {
  get(low: number, high: number): number | undefined
  set(low: number, high: number, at: number): void
  isFull(): boolean
  clear(): void
}

/** Open addressing with linear probing, at most half full. A free slot has the time 0, others one millisecond more than told. */
function createTable(capacity: number): Table {
  let slots = 64
  while (slots < 2 * capacity) slots *= 2
  const mask = slots - 1
  const lows = new Uint32Array(slots)
  const highs = new Uint32Array(slots)
  const times = new Float64Array(slots)
  let used = 0

  function slotOf(low: number, high: number): number {
    let slot = low & mask
    while (times[slot] !== 0 && (lows[slot] !== low || highs[slot] !== high)) slot = (slot + 1) & mask
    return slot
  }
  return {
    get: (low, high) => {
      const time = times[slotOf(low, high)] ?? 0
      return time === 0 ? undefined : time - 1
    },
    set: (low, high, at) => {
      const slot = slotOf(low, high)
      if (times[slot] === 0) used += 1
      lows[slot] = low
      highs[slot] = high
      times[slot] = at + 1
    },
    isFull: () => used >= capacity,
    clear: () => {
      times.fill(0)
      used = 0
    },
  }
}
