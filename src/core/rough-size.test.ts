import { expect, it } from 'vitest'
import { roughSize } from './rough-size.ts'

it('counts text, and each object once', () => {
  const shared = { text: 'x'.repeat(1000) }
  const one = roughSize({ a: shared })
  expect(one).toBeGreaterThan(2000)
  expect(roughSize({ a: shared, b: shared, c: [shared] })).toBeLessThan(one + 200)
  expect(roughSize([shared, { text: 'y'.repeat(1000) }])).toBeGreaterThan(4000)
})

it('does not end at what is missing, nor at what is nested deeper than the stack', () => {
  expect(roughSize([undefined, undefined, 'x'.repeat(500)])).toBeGreaterThan(1000)
  const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
  expect(roughSize(deep)).toBeGreaterThan(3_000_000)
})
