import { describe, expect, it } from 'vitest'
import type { Indicator } from '../../core/indicator.ts'
import { decodeIndicator, encodeBlock } from './block-codec.ts'

const base: Indicator = {
  type: 'domain',
  value: 'a.example.com',
  provider: 'feeds',
  source: 'list.txt',
  ref: 'list.txt:1',
  sourceType: 'domain',
  tags: ['x', 'ü'],
}
const block: readonly Indicator[] = [
  base,
  { ...base, value: 'b.example.com', ref: 'list.txt:2', comment: 'größer', tags: ['x', 'ü'] },
  { ...base, value: 'c.example.com', ref: 'list.txt:3', tags: [], score: 0, detection: false },
]

describe('block codec', () => {
  it('gives every row back, absent fields absent', () => {
    const bytes = encodeBlock(block)
    expect(block.map((_, place) => decodeIndicator(bytes, place))).toEqual(block)
    expect(Object.keys(decodeIndicator(bytes, 0) ?? {}).toSorted()).toEqual(Object.keys(base).toSorted())
    expect(decodeIndicator(bytes, 3)).toBeUndefined()
  })

  it('writes what all rows share once', () => {
    const many = Array.from({ length: 256 }, (_, i) => ({ ...base, ref: `list.txt:${i}` }))
    const text = encodeBlock(many).toString('latin1')
    expect(text.split('a.example.com')).toHaveLength(2)
    expect(decodeIndicator(encodeBlock(many), 255)?.ref).toBe('list.txt:255')
  })

  it('gives nothing rather than rubbish from damaged bytes', () => {
    const bytes = encodeBlock(block)
    for (let cut = 0; cut < bytes.length - 1; cut++) {
      expect(decodeIndicator(bytes.subarray(0, cut), 2)).toBeUndefined()
    }
    const wrongType = encodeBlock([base])
    wrongType.write('"dumain"', wrongType.indexOf('"domain"'))
    expect(decodeIndicator(wrongType, 0)).toBeUndefined()
    expect(decodeIndicator(Buffer.alloc(64, 0xff), 0)).toBeUndefined()
  })
})
