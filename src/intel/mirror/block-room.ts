import { freeBytes } from '../../core/free-space.ts'

/**
 * Whether a block may be written: a full disk must not be met. LMDB ends the process there, because its lock file is a
 * memory map, and its message about a failed write may overrun its buffer (mdb.c, `last_error`, in lmdb-js 3.5.6).
 */
export interface BlockRoom {
  /** Throws when so many bytes more, or for 0 any change at all, would fill the disk. */
  require(bytes: number): void
  taken(block: number, bytes: number): void
  freed(blocks: readonly number[]): void
}

/** Needed for any change: LMDB writes pages anew before it frees the old ones. */
const MIN_FREE_BYTES = 64 * 1024
/** Growing leaves so much, so that the state store and the checkpoints never starve for the mirror. */
const LEFT_FREE_BYTES = 256 * 1024

export function createBlockRoom(folder: string): BlockRoom {
  const sizes = new Map<number, number>()
  /** LMDB's file never shrinks: blocks freed make room in it. */
  let reusableBytes = 0

  return {
    require: (bytes) => {
      const neededBytes = bytes <= reusableBytes ? MIN_FREE_BYTES : bytes + LEFT_FREE_BYTES
      if (freeBytes(folder) < neededBytes) throw new Error(`The disk of ${folder} is full, but for a reserve`)
    },
    taken: (block, bytes) => {
      sizes.set(block, bytes)
      reusableBytes = Math.max(0, reusableBytes - bytes)
    },
    freed: (blocks) => {
      for (const block of blocks) {
        reusableBytes += sizes.get(block) ?? 0
        sizes.delete(block)
      }
    },
  }
}
