import { blockOf } from './ordinal.ts'

/**
 * `hidden`: being loaded; `live`: found; `dead`: not found any more, but the index may still point at it. Showing and
 * hiding a unit of a million indicators is writing some 4,000 of these bytes: one synchronous step.
 */
export type BlockState = 'hidden' | 'live' | 'dead'

export interface BlockStates {
  set(blocks: readonly number[], state: BlockState): void
  readonly isLive: (ordinal: number) => boolean
  readonly isDead: (ordinal: number) => boolean
}

const CODES = { hidden: 0, live: 1, dead: 2 } as const satisfies Record<BlockState, number>

export function createBlockStates(): BlockStates {
  let states = new Uint8Array(1024)

  function reserve(block: number): void {
    if (block < states.length) return
    const grown = new Uint8Array(Math.max(block + 1, states.length * 2))
    grown.set(states)
    states = grown
  }

  return {
    set: (blocks, state) => {
      for (const block of blocks) {
        reserve(block)
        states[block] = CODES[state]
      }
    },
    isLive: (ordinal) => states[blockOf(ordinal)] === CODES.live,
    isDead: (ordinal) => states[blockOf(ordinal)] === CODES.dead,
  }
}
