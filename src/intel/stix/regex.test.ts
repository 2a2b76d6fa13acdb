import { describe, expect, it } from 'vitest'
import { createRegex } from './regex.ts'

describe('MATCHES', () => {
  it.each<[regex: string, ignoreCase: boolean, matching: readonly string[], others: readonly string[]]>([
    ['^a.c$', false, ['abc', 'a\u00e9c'], ['abbc', 'ABC']],
    ['^a.c$', true, ['ABC'], ['ab']],
    ['^\u00e9+$', false, ['\u00e9\u00e9', 'e\u0301'], ['\u00c9', 'e', '\u00e8']],
    ['^\u00e9$', true, ['\u00e9', '\u00c9'], ['\u00e8']],
    ['^\u00df$', true, ['\u00df'], ['ss']],
    ['b|\u00fc', false, ['xbx', 'x\u00fcx'], ['u']],
  ])('%s, without case: %s', (regex, ignoreCase, matching, others) => {
    const read = createRegex(regex, ignoreCase)
    expect(matching.filter((value) => read?.test(value) !== true)).toEqual([])
    expect(others.filter((value) => read?.test(value) !== false)).toEqual([])
  })

  it.each([
    ['a back-reference', String.raw`(a)\1`],
    ['look-ahead', 'a(?!b)'],
    ['a class with letters beyond ASCII', '[a\u00e9]'],
    ['a character of two units', '\u{1f600}*'],
    ['a text too long', 'a'.repeat(2001)],
    ['a program too long', '((a{100}){100}){100}'],
  ])('refuses %s', (_name, regex) => {
    expect(createRegex(regex, false)).toBeUndefined()
  })
})
