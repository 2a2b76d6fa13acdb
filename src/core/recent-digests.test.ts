import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { createRecentDigests } from './recent-digests.ts'

it('tells when a digest was noted last, and nothing of others', () => {
  const recent = createRecentDigests(100)
  recent.note(0n, 0)
  recent.note(2n ** 64n - 1n, 5)
  recent.note(2n ** 64n - 1n, 7)
  expect([recent.seenAt(0n), recent.seenAt(2n ** 64n - 1n), recent.seenAt(2n ** 32n - 1n)]).toEqual([
    0,
    7,
    undefined,
  ])
})

it('keeps the newest half at least, forgets the oldest, and takes digests of one slot apart', () => {
  const slotMates = fc.bigInt({ min: 0n, max: 7n }).map((high) => (high << 32n) | 63n)
  const digest = fc.oneof(slotMates, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
  fc.assert(
    fc.property(fc.array(digest, { maxLength: 200 }), fc.integer({ min: 2, max: 40 }), (digests, max) => {
      const recent = createRecentDigests(max)
      const noted = new Map<bigint, number>()
      for (const [at, each] of digests.entries()) {
        recent.note(each, at)
        noted.delete(each)
        noted.set(each, at)
      }
      const newest = [...noted].slice(-Math.floor(max / 2))
      expect(newest.map(([each]) => recent.seenAt(each))).toEqual(newest.map(([, at]) => at))
      const remembered = [...noted].filter(([each]) => recent.seenAt(each) !== undefined)
      expect(remembered.length).toBeLessThanOrEqual(max)
      for (const [each, at] of remembered) expect(recent.seenAt(each)).toBe(at)
    }),
  )
})
