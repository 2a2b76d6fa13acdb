import { setImmediate as otherWork } from 'node:timers/promises'
import type { Indicator } from '../../core/indicator.ts'
import type { BlockStates } from './block-states.ts'
import type { BodyStore } from './bodies.ts'
import type { MirrorIndex } from './mirror-index.ts'
import { BLOCK_SIZE, ordinalOf } from './ordinal.ts'

/** What one unit holds. */
export interface UnitContent {
  readonly blocks: readonly number[]
  readonly indicators: number
}

export interface UnitLoad {
  /** Resolves when all of them are written, so that a provider is asked for more, or ends, only after that. */
  add(indicators: readonly Indicator[]): Promise<void>
  /** What was written so far: hidden, until its blocks are set live. */
  written(): UnitContent
}

export interface LoadParts {
  readonly index: MirrorIndex
  readonly states: BlockStates
  readonly bodies: BodyStore
}

/** Writes indicators block by block, hidden from `find`. Other work gets its turn after each block. */
export function createUnitLoad({ index, states, bodies }: LoadParts): UnitLoad {
  const blocks: number[] = []
  let indicators = 0

  async function write(block: readonly Indicator[]): Promise<void> {
    const number = await bodies.append(block)
    states.set([number], 'hidden')
    blocks.push(number)
    indicators += block.length
    for (const [place, indicator] of block.entries()) index.add(indicator, ordinalOf(number, place))
    await otherWork()
  }

  return {
    add: async (more) => {
      for (let start = 0; start < more.length; start += BLOCK_SIZE)
        await write(more.slice(start, start + BLOCK_SIZE))
    },
    written: () => ({ blocks, indicators }),
  }
}
