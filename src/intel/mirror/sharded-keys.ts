import type { BlockStates } from './block-states.ts'
import { createKeyTable, type KeyTable } from './key-table.ts'

/** The ordinals of 64-bit keys, `[low, high]`; only those of live blocks are given. */
export interface ShardedKeys {
  add(key: Uint32Array, ordinal: number): void
  has(key: Uint32Array): boolean
  each(key: Uint32Array, visit: (ordinal: number) => void): void
  rebuild(shard: number): void
}

/**
 * Keys are spread over tables by their highest bits. The tables grow one by one, so that growing holds the event loop
 * for 1/64 of the whole and needs room for 1/64 of it twice.
 */
const SHARD_BITS = 6
export const SHARDS = 2 ** SHARD_BITS

export function createShardedKeys(states: BlockStates): ShardedKeys {
  const first = createKeyTable(states.isDead)
  const tables = [first, ...Array.from({ length: SHARDS - 1 }, () => createKeyTable(states.isDead))]

  function tableOf(high: number): KeyTable {
    return tables[high >>> (32 - SHARD_BITS)] ?? first
  }

  return {
    add: (key, ordinal) => {
      const high = key[1] ?? 0
      tableOf(high).add(key[0] ?? 0, high, ordinal)
    },
    has: (key) => {
      const low = key[0] ?? 0
      const high = key[1] ?? 0
      const table = tableOf(high)
      for (let slot = table.find(low, high); slot >= 0; slot = table.find(low, high, slot)) {
        if (states.isLive(table.ordinalAt(slot))) return true
      }
      return false
    },
    each: (key, visit) => {
      const low = key[0] ?? 0
      const high = key[1] ?? 0
      const table = tableOf(high)
      for (let slot = table.find(low, high); slot >= 0; slot = table.find(low, high, slot)) {
        const ordinal = table.ordinalAt(slot)
        if (states.isLive(ordinal)) visit(ordinal)
      }
    },
    rebuild: (shard) => tables[shard]?.rebuild(),
  }
}
