import { describe, expect, it } from 'vitest'
import { coversNetwork, readNetwork } from './network.ts'

describe('networks', () => {
  it.each<[outer: string, inner: string, covers: boolean]>([
    ['203.0.113.0/24', '203.0.113.9', true],
    ['203.0.113.77/24', '203.0.113.9', true],
    ['203.0.113.0/24', '203.0.114.9', false],
    ['203.0.113.0/25', '203.0.113.128', false],
    ['203.0.113.0/24', '203.0.113.0/24', true],
    ['203.0.113.0/24', '203.0.113.0/23', false],
    ['203.0.113.9', '203.0.113.9', true],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['0.0.0.0/0', '::1', false],
  ])('%s covers %s: %s', (outer, inner, covers) => {
    const [one, other] = [readNetwork(outer), readNetwork(inner)]
    expect(one && other && coversNetwork(one, other)).toBe(covers)
  })

  it.each(['', 'example.com', '203.0.113.0/33', '203.0.113/24', '/24'])('%j is none', (text) => {
    expect(readNetwork(text)).toBeUndefined()
  })
})
