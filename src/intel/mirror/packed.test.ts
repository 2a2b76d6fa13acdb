import { expect, it } from 'vitest'
import { everything, sampleIndicator } from '../../../test/support/sink-samples.ts'
import { packIndicators, unpackIndicators } from './packed.ts'

it('gives back what was packed, with and without the fields that may be absent', () => {
  const { type, value } = everything
  const indicators = [everything, sampleIndicator(), sampleIndicator({ type, value, tags: ['a', 'b'] })]
  expect(unpackIndicators(packIndicators(indicators))).toEqual(indicators)
  expect(unpackIndicators(packIndicators([everything]))).toEqual([everything])
  expect(unpackIndicators(packIndicators([]))).toEqual([])
})

it('never takes damaged bytes for other indicators', () => {
  const indicators = [everything, sampleIndicator()]
  const bytes = packIndicators(indicators)
  let refused = 0
  for (const place of bytes.keys()) {
    const damaged = Buffer.from(bytes)
    damaged[place] = (damaged[place] ?? 0) ^ 0x10
    try {
      // Bits that only fill up the last byte of the packed text say nothing.
      expect(unpackIndicators(damaged)).toEqual(indicators)
    } catch {
      refused += 1
    }
  }
  expect(refused).toBeGreaterThan(bytes.length - 3)
  expect(() => unpackIndicators(bytes.subarray(0, -1))).toThrow('unexpected end of file')
})
