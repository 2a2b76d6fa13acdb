/** Says whether an entry may be dropped at the next rebuild. */
export type IsDead = (ordinal: number) => boolean

/**
 * Which ordinals a 64-bit key has: open addressing with linear probing in typed arrays, 12 bytes a slot. Several
 * ordinals may share a key. Entries are not removed one by one: they die when `isDead` says so of their ordinal, and
 * the next rebuild drops them.
 */
export interface KeyTable {
  add(low: number, high: number, ordinal: number): void
  /** The key's first slot, or its next one after `after`; -1 when there is none. */
  find(low: number, high: number, after?: number): number
  ordinalAt(slot: number): number
  /** Drops the dead and takes the size the others need. Slots seen before are invalid then. */
  rebuild(): void
}

const MIN_SLOTS = 64
/** Share of used slots at which the table grows: a miss then looks at 8.5 slots on average (Knuth 6.4, linear). */
const MAX_LOAD = 0.75
/** Marks a free slot: the last place of the last block, which is never given out. */
const FREE = 0xffffffff

interface Slots {
  readonly lows: Uint32Array
  readonly highs: Uint32Array
  readonly ordinals: Uint32Array
  readonly mask: number
}

function createSlots(count: number): Slots {
  return {
    lows: new Uint32Array(count),
    highs: new Uint32Array(count),
    ordinals: new Uint32Array(count).fill(FREE),
    mask: count - 1,
  }
}

export function createKeyTable(isDead: IsDead): KeyTable {
  let { lows, highs, ordinals, mask } = createSlots(MIN_SLOTS)
  let used = 0

  function put(low: number, high: number, ordinal: number): void {
    let slot = low & mask
    while (ordinals[slot] !== FREE) slot = (slot + 1) & mask
    lows[slot] = low
    highs[slot] = high
    ordinals[slot] = ordinal
    used += 1
  }

  function isLive(ordinal: number): boolean {
    return ordinal !== FREE && !isDead(ordinal)
  }

  function rebuild(): void {
    const old = { lows, highs, ordinals }
    let live = 0
    for (const ordinal of old.ordinals) if (isLive(ordinal)) live += 1
    let slots = MIN_SLOTS
    // Room for half as many again, so that the next rebuild is far off.
    while (live * 1.5 > slots * MAX_LOAD) slots *= 2
    ;({ lows, highs, ordinals, mask } = createSlots(slots))
    used = 0
    for (let slot = 0; slot < old.ordinals.length; slot++) {
      const ordinal = old.ordinals[slot] ?? FREE
      if (isLive(ordinal)) put(old.lows[slot] ?? 0, old.highs[slot] ?? 0, ordinal)
    }
  }

  return {
    add: (low, high, ordinal) => {
      if (used >= ordinals.length * MAX_LOAD) rebuild()
      put(low, high, ordinal)
    },
    find: (low, high, after = -1) => {
      let slot = after < 0 ? low & mask : (after + 1) & mask
      while (ordinals[slot] !== FREE) {
        if (lows[slot] === low && highs[slot] === high) return slot
        slot = (slot + 1) & mask
      }
      return -1
    },
    ordinalAt: (slot) => ordinals[slot] ?? FREE,
    rebuild,
  }
}
