import { describe, expect, it } from 'vitest'
import { entryOf, type EntryInput } from '../../../test/fixtures/feeds/reading.ts'
import { parseDate } from './dates.ts'
import { formatOf } from './format.ts'
import { tlpOf, tlpOfTags } from './tlp.ts'

describe('formatOf', () => {
  it.each<[path: string, head: string, format: string, settings?: EntryInput]>([
    ['a.txt', '198.51.100.7\n', 'plain'],
    ['a.txt', '', 'plain'],
    ['a.txt', '[2001:db8::1]:443\n', 'plain'],
    ['a.txt', 'evil.com,2026-01-01\n', 'plain'],
    ['a.txt', '# a list of ip, url\nevil.com\n', 'plain'],
    ['a.csv', 'evil.com', 'csv'],
    ['A.TSV.GZ', 'evil.com', 'csv'],
    ['a.txt', '# x\n# id,url\n"1","http://evil.com"', 'csv'],
    ['a', 'value;type\nevil.com;domain', 'csv'],
    ['a.json', '{"Event":{}}', 'misp'],
    ['a.txt', '\n[{"Event":{}}]', 'misp'],
    ['a', '{"type": "bundle"', 'stix'],
    ['a.json', '[{"type":"indicator","id":"indicator--5f0c7a4e-', 'stix'],
    ['a.json', '{"Event":{}}', 'plain', { format: 'plain' }],
  ])('%s with %j is %s', (path, head, format, settings) => {
    expect(formatOf(path, head, entryOf(settings))).toBe(format)
  })
})

describe('parseDate', () => {
  it.each([
    ['2026-03-09', Date.UTC(2026, 2, 9)],
    ['2026-03-09 08:15', Date.UTC(2026, 2, 9, 8, 15)],
    ['2026-03-09 08:15:30 UTC', Date.UTC(2026, 2, 9, 8, 15, 30)],
    ['2026-03-09T08:15:30.5Z', Date.UTC(2026, 2, 9, 8, 15, 30, 500)],
    ['2026-03-09T08:15:30.123456+02:00', Date.UTC(2026, 2, 9, 6, 15, 30, 123)],
    ['2026-03-09T08:15:30-0130', Date.UTC(2026, 2, 9, 9, 45, 30)],
    ['1767225600', 1_767_225_600_000],
    ['1767225600123', 1_767_225_600_123],
    ['2026-13-09', undefined],
    ['09.03.2026', undefined],
    ['soon', undefined],
    ['', undefined],
  ])('%s', (text, ms) => {
    expect(parseDate(text)).toBe(ms)
  })
})

describe('TLP', () => {
  it.each([
    ['TLP:WHITE', 'clear'],
    ['tlp:amber+strict', 'amber+strict'],
    ['red', 'red'],
    ['tlp:ex:chr', undefined],
    ['', undefined],
  ])('%j is %s', (text, tlp) => {
    expect(tlpOf(text)).toBe(tlp)
  })

  it('of several tags is the strictest; a tag must say tlp', () => {
    expect(tlpOfTags(['tlp:green', 'x', 'TLP:AMBER', 'red'])).toBe('amber')
    expect(tlpOfTags(['red'])).toBeUndefined()
  })
})
