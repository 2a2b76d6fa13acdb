import { expect, it } from 'vitest'
import { everything, sampleIndicator } from '../../../test/support/sink-samples.ts'
import type { Indicator } from '../../core/indicator.ts'
import { decodeBlock } from './block-codec.ts'
import { packBlock, unpackBlock } from './packed.ts'

function unpacked(bytes: Buffer): readonly Indicator[] {
  return decodeBlock(unpackBlock(bytes).bytes)
}

it('gives back what was packed, with and without the fields that may be absent', () => {
  const { type, value } = everything
  const indicators = [everything, sampleIndicator(), sampleIndicator({ type, value, tags: ['a', 'b'] })]
  expect(unpacked(packBlock(indicators))).toEqual(indicators)
  expect(unpacked(packBlock([everything]))).toEqual([everything])
  expect(unpacked(packBlock([]))).toEqual([])
})

it('tells what each indicator is found by, and what was to be kept beside, without reading the indicators', () => {
  const indicators = [everything, sampleIndicator({ type: 'domain', value: 'ü.example.net' })]
  const { types, values, extract } = unpackBlock(packBlock(indicators, { owners: ['a'] }))
  expect(types).toEqual(indicators.map(({ type }) => type))
  expect(values).toEqual(indicators.map(({ value }) => value))
  expect(extract).toEqual({ owners: ['a'] })
  expect(unpackBlock(packBlock(indicators)).extract).toBeUndefined()
})

it('never takes damaged bytes for other indicators', () => {
  const indicators = [everything, sampleIndicator()]
  const bytes = packBlock(indicators)
  let refused = 0
  for (const place of bytes.keys()) {
    const damaged = Buffer.from(bytes)
    damaged[place] = (damaged[place] ?? 0) ^ 0x10
    try {
      // Bits that only fill up the last byte of the packed text say nothing.
      expect(unpacked(damaged)).toEqual(indicators)
    } catch {
      refused += 1
    }
  }
  expect(refused).toBeGreaterThan(bytes.length - 3)
  expect(() => unpackBlock(bytes.subarray(0, -1))).toThrow('unexpected end of file')
})
