import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSubstringSet } from './substring-set.ts'

function setOf(...texts: readonly string[]) {
  const set = createSubstringSet()
  for (const text of texts) set.add(text)
  set.trim()
  return set
}

describe('substring set', () => {
  it.each<[string, 'whole' | 'part' | undefined]>([
    ['virustotal.com', 'whole'],
    ['www.virustotal.com', 'part'],
    ['https://example.com/?q=VirusTotal.COM', 'part'],
    ['virustotal.co', undefined],
    ['a@ab', 'part'],
    ['a@', undefined],
    ['', undefined],
  ])('%s: %s', (value, expected) => {
    expect(setOf('VirusTotal.com', '@ab').find(value)).toBe(expected)
  })

  it('takes no empty text, which would stand in everything', () => {
    const set = createSubstringSet()
    expect(set.add('')).toBe(false)
    expect(set.find('anything')).toBeUndefined()
  })

  it('takes no text that is longer than any name', () => {
    const set = createSubstringSet()
    expect([set.add('a'.repeat(255)), set.add('a'.repeat(256))]).toEqual([true, false])
  })

  it('agrees with String.includes', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), minLength: 1, maxLength: 7 })
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 8 }),
        fc.string({ unit: fc.constantFrom('a', 'b', '.') }),
        (texts, value) => {
          expect(setOf(...texts).find(value) !== undefined).toBe(texts.some((each) => value.includes(each)))
        },
      ),
    )
  })
})
