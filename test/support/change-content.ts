import type { Indicator } from '../../src/core/indicator.ts'
import type { IndicatorBlock } from '../../src/core/ports.ts'
import { decodeBlock } from '../../src/intel/mirror/block-codec.ts'

/** What one piece of a change set's content holds, in whichever form it comes. */
export function indicatorsIn(piece: readonly Indicator[] | IndicatorBlock): readonly Indicator[] {
  return 'bytes' in piece ? decodeBlock(piece.bytes) : piece
}
