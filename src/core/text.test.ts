import { describe, expect, it } from 'vitest'
import { clip, jsonLine, printable } from './text.ts'

describe('printable', () => {
  it.each([
    ['a control of C0', 'a\u001b[31m\nb', String.raw`a\u001b[31m\u000ab`],
    ['DEL and a control of C1', '\u007f\u009b', String.raw`\u007f\u009b`],
    ['a mark that turns the direction', 'exe.\u202etxt\u2066', String.raw`exe.\u202etxt\u2066`],
    ['line separators', '\u2028\u2029', String.raw`\u2028\u2029`],
    ['half of a surrogate pair', '\ud83d!', String.raw`\ud83d!`],
    ['text of any language', 'Tür 💥 日本', 'Tür 💥 日本'],
  ])('shows %s', (_what, text, shown) => {
    expect(printable(text)).toBe(shown)
  })

  it('clips before it escapes, and cuts no pair in half', () => {
    expect(printable('abcdef', 4)).toBe('abc…')
    expect(clip('ab💥cd', 4)).toBe('ab…')
  })
})

describe('jsonLine', () => {
  it('is JSON that reads back, without anything a terminal or a line reader obeys', () => {
    const value = { text: '\u0000\u001b\u007f\u0085\u2028\u202e\ufeff💥' }
    const line = jsonLine(value)
    expect(line).not.toMatch(/[\p{Cc}\u2028-\u202e\ufeff]/u)
    expect(JSON.parse(line)).toEqual(value)
  })
})
