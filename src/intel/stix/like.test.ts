import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { createLike } from './like.ts'

it.each<[pattern: string, value: string, isLike: boolean]>([
  ['', '', true],
  ['', 'a', false],
  ['%', '', true],
  ['%%', 'abc', true],
  ['_', '', false],
  ['_', '\u{1f600}', true],
  ['a%c', 'ac', true],
  ['a%c', 'abcb', false],
  ['%ab%', 'aab', true],
  ['a.c', 'abc', false],
  ['\u00e9', 'e\u0301', true],
])('%j is like %j: %s', (pattern, value, isLike) => {
  expect(createLike(pattern)(value)).toBe(isLike)
})

it('agrees with a regular expression', () => {
  const sign = fc.constantFrom('a', 'b', '%', '_')
  const pattern = fc.string({ unit: sign, maxLength: 8 })
  const value = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 })
  fc.assert(
    fc.property(pattern, value, (text, one) => {
      const same = new RegExp(`^${text.replaceAll('%', '.*').replaceAll('_', '.')}$`)
      expect(createLike(text)(one)).toBe(same.test(one))
    }),
    { numRuns: 2000 },
  )
})
