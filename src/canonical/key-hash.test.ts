import { describe, expect, it } from 'vitest'
import { OBSERVABLE_TYPES, type ObservableType } from '../core/observable.ts'
import { createKeyHash } from './key-hash.ts'

const hash = createKeyHash()
const out = new Uint32Array(2)

function keyOf(type: ObservableType, text: string): string {
  hash.begin(type)
  hash.add(text, 0, text.length)
  hash.finish(out)
  return out.join()
}

describe('key hash', () => {
  it('is the same in pieces, and finishing does not disturb it', () => {
    const text = 'http://evil.example.com/a/b'
    hash.begin('url')
    for (let i = 0; i < text.length; i++) {
      hash.add(text, i, i + 1)
      hash.finish(out)
      expect(out.join()).toBe(keyOf('url', text.slice(0, i + 1)))
      hash.begin('url')
      hash.add(text, 0, i + 1)
    }
  })

  it('differs by type', () => {
    expect(new Set(OBSERVABLE_TYPES.map((type) => keyOf(type, 'a.example.com'))).size).toBe(
      OBSERVABLE_TYPES.length,
    )
  })

  it('spreads 300,000 similar values without a collision of both lanes, and each lane evenly', () => {
    const keys = new Set<bigint>()
    const low = new Uint32Array(64)
    const high = new Uint32Array(64)
    const count = 300_000
    for (let i = 0; i < count; i++) {
      keyOf('ipv4', `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`)
      const [a = 0, b = 0] = out
      keys.add((BigInt(b) << 32n) | BigInt(a))
      low[a & 63] = (low[a & 63] ?? 0) + 1
      high[b >>> 26] = (high[b >>> 26] ?? 0) + 1
    }
    expect(keys.size).toBe(count)
    for (const buckets of [low, high]) {
      expect(Math.max(...buckets)).toBeLessThan((count / 64) * 1.1)
      expect(Math.min(...buckets)).toBeGreaterThan((count / 64) * 0.9)
    }
  })
})
