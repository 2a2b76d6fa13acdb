import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTimestamp } from './timestamp.ts'

describe('parseTimestamp', () => {
  it.each([
    ['2026-11-21T10:00:00.123+0000', '2026-11-21T10:00:00.123Z'],
    ['2026-11-21T10:00:00.123+0530', '2026-11-21T04:30:00.123Z'],
    ['2026-11-21T10:00:00.123-0330', '2026-11-21T13:30:00.123Z'],
    ['2026-11-21T10:00:00.123+05:30', '2026-11-21T04:30:00.123Z'],
    ['2026-11-21T10:00:00.123Z', '2026-11-21T10:00:00.123Z'],
    ['2026-11-21T10:00:00Z', '2026-11-21T10:00:00.000Z'],
    ['2026-11-21T10:00:00.5Z', '2026-11-21T10:00:00.500Z'],
    ['2026-11-21T10:00:00.123456Z', '2026-11-21T10:00:00.123Z'],
    ['2026-11-21T10:00:00.123456789123+0000', '2026-11-21T10:00:00.123Z'],
    ['2024-02-29T23:59:59.999+1300', '2024-02-29T10:59:59.999Z'],
    ['2026-11-21', '2026-11-21T00:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(new Date(parseTimestamp(text)).toISOString()).toBe(expected)
  })

  it.each([
    '',
    'soon',
    '2026-13-01T00:00:00Z',
    '2026-11-21T10:61:00Z',
    '2026-11-21T10:00:00.123+05300',
    '20x6-11-21T10:00:00Z',
  ])('gives 0 for %j', (text) => {
    expect(parseTimestamp(text)).toBe(0)
  })

  it('agrees with the engine on every time', () => {
    const limits = { min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }
    fc.assert(
      fc.property(fc.date(limits), (date) => {
        const text = date.toISOString()
        expect(parseTimestamp(text)).toBe(date.getTime())
        expect(parseTimestamp(text.replace('Z', '+0000'))).toBe(date.getTime())
      }),
    )
  })

  it('never throws and always gives a number', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseTimestamp(text)).not.toBeNaN()
      }),
    )
  })
})
