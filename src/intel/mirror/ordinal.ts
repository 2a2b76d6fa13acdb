/**
 * Where an indicator's body lies: its block and its place in the block, in one unsigned 32-bit number. All bodies of
 * a block belong to one unit, so that a whole unit is shown, hidden and freed by its blocks.
 */
export const BLOCK_SIZE = 256

/** The block of highest number is never given out: its last ordinal marks free slots. */
export const MAX_BLOCKS = 2 ** 24 - 1

export function ordinalOf(block: number, place: number): number {
  return block * BLOCK_SIZE + place
}

export function blockOf(ordinal: number): number {
  return ordinal >>> 8
}

export function placeOf(ordinal: number): number {
  return ordinal & 0xff
}
