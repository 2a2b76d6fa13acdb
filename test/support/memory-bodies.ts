import { decodeIndicator } from '../../src/intel/mirror/block-codec.ts'
import { createBlockNumbers, type BodyStore } from '../../src/intel/mirror/bodies.ts'
import { blockOf, placeOf } from '../../src/intel/mirror/ordinal.ts'

/** Bodies on the JavaScript heap: quick to open, and a block can be lost by `free`. */
export function createMemoryBodies(): BodyStore {
  const numbers = createBlockNumbers()
  const blocks = new Map<number, Buffer>()
  return {
    append: (block) => {
      const number = numbers.take()
      blocks.set(number, block)
      return Promise.resolve(number)
    },
    get: (ordinal) => {
      const block = blocks.get(blockOf(ordinal))
      return block && decodeIndicator(block, placeOf(ordinal))
    },
    free: (freed) => {
      for (const block of freed) if (blocks.delete(block)) numbers.giveBack(block)
      return Promise.resolve()
    },
    close: () => {
      blocks.clear()
      return Promise.resolve()
    },
  }
}
