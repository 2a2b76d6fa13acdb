import type { Indicator } from '../../core/indicator.ts'
import { MAX_BLOCKS } from './ordinal.ts'

/**
 * Where the indicators themselves lie; the index holds only hashes and ordinals. Blocks hold up to BLOCK_SIZE
 * indicators and are written once, read one indicator at a time, and freed as a whole.
 */
export interface BodyStore {
  /** Stores a block (`block-codec.ts`) and gives its number, readable at once. Rejects when it cannot be written. */
  append(block: Buffer): Promise<number>
  /** Synchronous: called on a hit only. Undefined when there is none or it cannot be read back. Never throws. */
  get(ordinal: number): Indicator | undefined
  /** Numbers of freed blocks are given out again. Rejects when it cannot: then none is, and it may be called again. */
  free(blocks: readonly number[]): Promise<void>
  close(): Promise<void>
}

export interface BlockNumbers {
  take(): number
  giveBack(block: number): void
}

/** Numbers that were given back come first, so that they stay small. */
export function createBlockNumbers(): BlockNumbers {
  const free: number[] = []
  let next = 0
  return {
    take: () => {
      const block = free.pop() ?? next++
      if (block < MAX_BLOCKS) return block
      next = MAX_BLOCKS
      throw new RangeError('The mirror is full: no block number is left')
    },
    giveBack: (block) => {
      free.push(block)
    },
  }
}
