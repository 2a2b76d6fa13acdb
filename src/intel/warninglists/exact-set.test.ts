import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createExactSet, MAX_TEXT_CHARS } from './exact-set.ts'

describe('exact set', () => {
  it('holds what a Set holds, whatever the texts and their order', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.constantFrom('', '\u0000', 'a', 'aa', 'aaa', 'a\u0000', 'example.com'),
      fc.domain(),
      fc.string({ unit: fc.constantFrom('a', 'F', '0'), minLength: 31, maxLength: 33 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex')),
      fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    )
    fc.assert(
      fc.property(fc.array(text, { maxLength: 300 }), fc.array(text), fc.boolean(), (added, asked, trims) => {
        const set = createExactSet()
        const model = new Set<string>()
        for (const each of added) {
          expect(set.add(each)).toBe(true)
          model.add(each)
        }
        if (trims) set.trim()
        expect(set.size).toBe(model.size)
        for (const each of [...added, ...asked]) expect(set.has(each)).toBe(model.has(each))
      }),
    )
  })

  it('takes more after it was trimmed', () => {
    const set = createExactSet()
    set.add('a')
    set.trim()
    set.add('b')
    expect(['a', 'b', 'c'].map((text) => set.has(text))).toEqual([true, true, false])
  })

  it('finds each of many similar texts and none of their neighbours', () => {
    const set = createExactSet()
    for (let i = 0; i < 50_000; i++) set.add(`h${i}.example.com`)
    for (let i = 0; i < 50_000; i += 7) {
      expect(set.has(`h${i}.example.com`)).toBe(true)
      expect(set.has(`h${i}.example.org`)).toBe(false)
    }
  })

  it('refuses what is too long, and says it is not there', () => {
    const set = createExactSet()
    expect(set.add('é'.repeat(MAX_TEXT_CHARS))).toBe(true)
    expect(set.has('é'.repeat(MAX_TEXT_CHARS))).toBe(true)
    expect(set.add('x'.repeat(MAX_TEXT_CHARS + 1))).toBe(false)
    expect(set.has('x'.repeat(MAX_TEXT_CHARS + 1))).toBe(false)
  })
})
