import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTagTest } from './tag-pattern.ts'

describe('tag patterns', () => {
  it.each<[pattern: string, fitting: readonly string[], others: readonly string[]]>([
    ['tlp:red', ['tlp:red', 'TLP:RED', ' tlp:red '], ['tlp:red2', 'xtlp:red', '']],
    ['TLP:*', ['tlp:', 'tlp:white'], ['tlp', 'x-tlp:red']],
    ['*', ['', 'anything'], []],
    ['*:risk="high"', ['false-positive:risk="high"'], ['false-positive:risk="higher"']],
    ['misp-galaxy:*="APT*"', ['misp-galaxy:threat-actor="APT28"'], ['misp-galaxy:threat-actor="Lazarus"']],
    ['a*a', ['aa', 'aba'], ['a']],
    ['a*b*b', ['abb', 'axbxb'], ['ab', 'axb']],
    ['a.c', ['a.c'], ['abc']],
    ['a**c', ['ac', 'abc'], ['a']],
  ])('%s', (pattern, fitting, others) => {
    const fits = createTagTest([pattern])
    expect(fitting.filter((tag) => !fits(tag))).toEqual([])
    expect(others.filter((tag) => fits(tag))).toEqual([])
  })

  it('fits any of several, and none of none', () => {
    expect(createTagTest(['a', 'b*'])('bc')).toBe(true)
    expect(createTagTest([])('a')).toBe(false)
  })

  it('agrees with a regular expression', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 })
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 6 })
    fc.assert(
      fc.property(pattern, text, (glob, tag) => {
        const expected = new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(tag)
        expect(createTagTest([glob])(tag)).toBe(expected)
      }),
      { numRuns: 1000 },
    )
  })
})
