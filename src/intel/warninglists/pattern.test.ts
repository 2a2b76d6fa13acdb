import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readPattern } from './pattern.ts'

describe('patterns of PHP', () => {
  it.each<[pattern: string, matching: readonly string[], others: readonly string[]]>([
    [
      String.raw`/^(security|noc|soc|abuse)\@.*\..*$/i`,
      ['abuse@example.com', 'NOC@a.b.c', 'soc@.'],
      ['xabuse@example.com', 'abuse@localhost', 'security'],
    ],
    [
      String.raw`/((?:\+|00)44)?07700900([0-9]{3})/g`,
      ['+4407700900123', 'tel 07700900999.'],
      ['0770090012', '07700900abc'],
    ],
    ['#^https?://#', ['http://a', 'https://a'], ['ftp://a', 'xhttp://a']],
    ['{^a{2,3}$}', ['aa', 'aaa'], ['a', 'aaaa']],
    ['~^a{2,}b?$~', ['aa', 'aaaab'], ['a', 'abb']],
    ['/a{x}/', ['a{x}'], ['ax']],
    [String.raw`/\bcat\b/`, ['cat', 'a cat.'], ['cats', 'concat']],
    [String.raw`/\Bcat\z/`, ['concat'], ['cat', 'concats']],
    ['/^[a-z][^.]+$/', ['ab-', 'a é'], ['a.b', 'Ab']],
    ['/^(?<name>x|)y?$/', ['x', 'xy', 'y', ''], ['xx']],
    ['/^(?:[a-z0-9-]+\\.)+evil\\.com$/', ['a.evil.com', 'a.b-c.evil.com'], ['evil.com', 'evil.com.a']],
    ['/(?i)ABC/', ['xabc'], ['ab']],
    ['/^a.c$/s', ['abc', 'a\nc'], ['ac']],
    ['/^a.*?b$/', ['ab', 'axxb'], ['a']],
    [String.raw`/^[\w.\-@]+$/`, ['a.b-c@d'], ['a b']],
    [String.raw`/^\x41\/$/`, ['A/'], ['a/']],
    ['/(a*)*b/', ['b', 'aab'], ['aaa']],
    ['//', ['', 'anything'], []],
    ['/^(((){9999}){9999}){9999}a$/', ['a'], ['b']],
  ])('%s', (text, matching, others) => {
    const pattern = readPattern(text)
    for (const value of matching) expect([value, pattern?.matches(value)]).toEqual([value, true])
    for (const value of others) expect([value, pattern?.matches(value)]).toEqual([value, false])
  })

  it.each([
    ['no delimiter', 'abc'],
    ['one delimiter', '/abc'],
    ['a flag that changes what matches', '/a b/x'],
    ['a back-reference', String.raw`/(a)\1/`],
    ['look-ahead', '/a(?=b)/'],
    ['look-behind', '/(?<!a)b/'],
    ['a possessive quantifier', '/a++b/'],
    ['an atomic group', '/(?>a+)b/'],
    ['a class of POSIX', '/[[:alpha:]]/'],
    ['an escape that JavaScript reads otherwise', String.raw`/\h/`],
    ['a property', String.raw`/\p{L}/`],
    ['an open group', '/(a/'],
    ['a closed group', '/a)/'],
    ['nothing to repeat', '/*a/'],
    ['a range the wrong way', '/a{3,2}/'],
    ['a class the wrong way', '/[z-a]/'],
    ['a verb', '/(*ACCEPT)a/'],
    ['a program too long', '/((a{100}){100}){100}/'],
    ['groups too deep', `/${'('.repeat(2000)}a${')'.repeat(2000)}/`],
    ['nothing', ''],
  ])('refuses %s', (_, text) => expect(readPattern(text)).toBeUndefined())

  it('reads patterns that keep other engines busy for ever in so many steps a character', () => {
    const value = `${'a'.repeat(2040)}!`
    for (const text of ['/^(a+)+$/', '/(a|aa)+$/', '/(a*)*(a*)*(a*)*b/', '/(.*)(.*)(.*)(.*)(.*)x/']) {
      const pattern = readPattern(text)
      expect(pattern?.matches(value)).toBe(false)
      expect(pattern?.steps).toBeLessThan(50)
    }
  })

  it('agrees with JavaScript about what both understand', () => {
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { maxDepth: 4, depthIdentifier: 'pattern' },
        fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '^', '$', String.raw`\b`),
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `${a}${b}`),
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
        fc.tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{1,2}')).map(([a, q]) => `(?:${a})${q}`),
      ),
    }))
    const value = fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 8 })
    fc.assert(
      fc.property(pattern, value, (source, text) => {
        const read = readPattern(`/${source}/`)
        fc.pre(read !== undefined)
        expect(read.matches(text)).toBe(new RegExp(source).test(text))
      }),
      { numRuns: 2000 },
    )
  })
})
