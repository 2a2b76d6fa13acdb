import { setImmediate as otherWork } from 'node:timers/promises'
import type { Indicator } from '../../core/indicator.ts'
import type { IndicatorBlock } from '../../core/ports.ts'
import { blockOfIndicators } from './block-codec.ts'
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
  add(indicators: readonly Indicator[] | IndicatorBlock): Promise<void>
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

  async function write({ types, values, bytes }: IndicatorBlock): Promise<void> {
    const number = await bodies.append(bytes)
    states.set([number], 'hidden')
    blocks.push(number)
    indicators += types.length
    for (const [place, type] of types.entries())
      index.add({ type, value: values[place] ?? '' }, ordinalOf(number, place))
    await otherWork()
  }

  return {
    add: async (more) => {
      if ('bytes' in more) return write(more)
      for (let start = 0; start < more.length; start += BLOCK_SIZE)
        await write(blockOfIndicators(more.slice(start, start + BLOCK_SIZE)))
    },
    written: () => ({ blocks, indicators }),
  }
}
