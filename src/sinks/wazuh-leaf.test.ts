import { describe, expect, it } from 'vitest'
import { leafInteger, leafList, leafNumber, leafText, leafTime, leafValue } from './wazuh-leaf.ts'

describe('a text', () => {
  it.each([
    ['plain', 'plain'],
    ['naïve 雪 🐍', 'naïve 雪 🐍'],
    ['a\u0000b', String.raw`a\u0000b`],
    ['a\ud800', String.raw`a\ud800`],
    ['l1\nl2', String.raw`l1\u000al2`],
    ['["a"]', ' ["a"]'],
    ['[] ', ' [] '],
    ['[a', '[a'],
    ['[1]', ' [1]'],
    ['[ "a" ]', ' [ "a" ]'],
    ['[OSINT]', '[OSINT]'],
    ["[file:hashes.'SHA-256' = 'a']", "[file:hashes.'SHA-256' = 'a']"],
    ["[ipv4-addr:value = 'a'];[url:value = 'b']", "[ipv4-addr:value = 'a'];[url:value = 'b']"],
  ])('%j stands as %j', (text, leaf) => expect(leafText(text, 1000)).toBe(leaf))

  it('is nothing when it is empty', () => {
    expect(leafText('', 10)).toBeUndefined()
    expect(leafText(undefined, 10)).toBeUndefined()
  })

  it.each(['x', '"', '\u0000', '雪', '🐍', '\ud800', '\\'])('of %j is cut to its bytes as JSON', (unit) => {
    for (const maxBytes of [32, 100, 1001]) {
      const leaf = leafText(unit.repeat(5000), maxBytes) ?? ''
      const bytes = Buffer.byteLength(JSON.stringify(leaf)) - 2
      expect(bytes).toBeLessThanOrEqual(maxBytes)
      expect(bytes).toBeGreaterThan(maxBytes / 2)
      expect(leaf.endsWith('…')).toBe(true)
    }
  })

  it('that fits is not touched', () => expect(leafText('x'.repeat(100), 100)).toBe('x'.repeat(100)))
})

it('lists are bounded, without empty items, and nothing when there are none', () => {
  const bounds = { maxItems: 2, maxBytes: 8 }
  expect(leafList(['abcdefghi', '', 'b'], bounds)).toEqual(['abc…'])
  expect(leafList(['', ''], bounds)).toBeUndefined()
  expect(leafList(undefined, bounds)).toBeUndefined()
})

it('numbers and times are texts, or nothing where they are none', () => {
  expect([leafNumber(0), leafNumber(85.5), leafNumber(Number.NaN), leafNumber(undefined)]).toEqual([
    '0',
    '85.5',
    undefined,
    undefined,
  ])
  expect([leafTime(0), leafTime(-1), leafTime(undefined)]).toEqual([
    '1970-01-01T00:00:00.000Z',
    undefined,
    undefined,
  ])
})

it('integers of 32 bits stay numbers, any other number is a text', () => {
  const numbers = [0, 70, -5, 2 ** 31 - 1, 2 ** 31, 0.5, Number.NaN, undefined]
  expect(numbers.map(leafInteger)).toEqual([0, 70, -5, 2147483647, '2147483648', '0.5', undefined, undefined])
})

it('values of an alert are texts, numbers and booleans, and nothing else', () => {
  const values = ['a', 7, false, '', null, undefined, [1], { a: 1 }]
  expect(values.map((value) => leafValue(value, 10))).toEqual(['a', 7, false, ...Array.from({ length: 5 })])
})
