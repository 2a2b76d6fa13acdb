import { describe, expect, it } from 'vitest'
import { contentOf, listOf } from '../../../test/support/warning-lists.ts'
import { indicatorValues } from '../../canonical/indicator-value.ts'
import { readContent } from './list-content.ts'
import type { Standing } from './matcher.ts'

/** The value as extractor and providers would have it. */
function valueOf(text: string) {
  const [value] = indicatorValues(text)
  if (value === undefined) throw new Error(`${text} is no value`)
  return value
}

type Row = readonly [text: string, standing: Standing | undefined]

describe('strings', () => {
  it.each<Row>([
    ['google.com', 'whole'],
    ['GOOGLE.com', 'whole'],
    ['www.google.com', undefined],
    ['google.ad', 'whole'],
    ['xn--mnchen-3ya.de', 'whole'],
    ['d41d8cd98f00b204e9800998ecf8427e', 'whole'],
    ['User@example.org', 'whole'],
    ['2001:db8::1', 'whole'],
    ['http://example.net/Path', 'whole'],
    ['https://example.net/Path', 'whole'],
    ['https://example.net/path', undefined],
    ['https://google.com/', undefined],
    ['198.51.100.1', 'whole'],
  ])('%s: %s', async (text, standing) => {
    const list = await listOf({
      list: [
        'Google.com',
        '.google.ad',
        'münchen.de',
        'D41D8CD98F00B204E9800998ECF8427E',
        'User@EXAMPLE.org',
        '2001:0DB8::1',
        'example.net/Path',
        ' 198.51.100.1 ',
      ],
    })
    expect(list.match(valueOf(text))).toBe(standing)
  })
})

describe('host names', () => {
  it.each<Row>([
    ['bit.ly', 'whole'],
    ['a.b.bit.ly', 'below'],
    ['xbit.ly', undefined],
    ['evil.zip', 'below'],
    ['https://bit.ly:8443/x', 'part'],
    ['https://a.bit.ly/x', 'part'],
    ['https://evil.com/bit.ly', undefined],
    ['x.amazonaws.com', 'below'],
    ['198.51.100.1', 'whole'],
    ['198.51.100.2', undefined],
    ['http://198.51.100.1/', 'part'],
    ['a@bit.ly', undefined],
  ])('%s: %s', async (text, standing) => {
    const list = await listOf({
      type: 'hostname',
      list: ['Bit.LY', 'zip', '.amazonaws.com', '198.51.100.1', '100.1', ''],
    })
    expect(list.match(valueOf(text))).toBe(standing)
    expect([list.entries, list.skipped]).toEqual([5, 1])
  })
})

describe('networks', () => {
  it.each<Row>([
    ['10.1.2.3', 'whole'],
    ['10.1.0.0/16', 'whole'],
    ['11.0.0.1', undefined],
    ['fe80::1', 'whole'],
    ['http://10.1.2.3/x', 'part'],
    ['http://[fe80::1]/x', 'part'],
    ['http://10.example.com/x', undefined],
    ['example.com', undefined],
  ])('%s: %s', async (text, standing) => {
    const list = await listOf({
      type: 'cidr',
      list: ['10.0.0.0/8', 'FE80::/10', 'example.com'],
      matching_attributes: ['ip-src', 'ip-dst', 'domain|ip'],
    })
    expect(list.match(valueOf(text))).toBe(standing)
  })

  it('do not stand for all addresses', async () => {
    const list = await listOf({
      type: 'cidr',
      list: ['0.0.0.0/0', '128.0.0.0/1', '::/0', '240.0.0.0/4', 'fc00::/7'],
    })
    expect([list.entries, list.skipped]).toEqual([2, 3])
    expect(list.match({ type: 'ipv4', value: '8.8.8.8' })).toBeUndefined()
  })

  it('are not widened by the value', async () => {
    const list = await listOf({ type: 'cidr', list: ['10.0.0.0/8'] })
    expect(list.match({ type: 'ipv4', value: '10.0.0.0/7' })).toBeUndefined()
  })
})

describe('substrings', () => {
  it.each<Row>([
    ['mailinator.com', 'whole'],
    ['someone@mailinator.com', 'part'],
    ['https://evil.com/?x=Mailinator.com', 'part'],
    ['mail.com', undefined],
  ])('%s: %s', async (text, standing) => {
    const list = await listOf({ type: 'substring', list: ['mailinator.com', ''] })
    expect(list.match(valueOf(text))).toBe(standing)
    expect(list.skipped).toBe(1)
  })
})

describe('patterns', () => {
  it.each<Row>([
    ['abuse@example.com', 'whole'],
    ['xabuse@example.com', undefined],
    ['https://abuse@example.com/', undefined],
    ['https://example.com/wp', 'part'],
  ])('%s: %s', async (text, standing) => {
    const list = await listOf({
      type: 'regex',
      list: [String.raw`/^(noc|abuse)\@.*\..*$/i`, '#/wp$#', '/(a)\\1/', 'no pattern', '/a*/', '//'],
    })
    expect(list.match(valueOf(text))).toBe(standing)
    expect([list.entries, list.skipped]).toEqual([2, 4])
  })

  it('stay within a budget, however many there are', async () => {
    const list = await listOf({ type: 'regex', list: Array.from({ length: 3000 }, (_, i) => `/${i}a{90}/`) })
    expect(list.entries + list.skipped).toBe(3000)
    expect(list.entries).toBeLessThan(250)
  })
})

describe('what a list is for', () => {
  it.each<[attributes: string[], text: string, isFor: boolean]>([
    [[], 'a.com', true],
    [['ALL'], 'a.com', true],
    [['md5', 'ALL'], 'a.com', true],
    [['domain'], 'a.com', true],
    [['hostname'], 'a.com', true],
    [['hostname|port'], 'a.com', true],
    [['url'], 'a.com', false],
    [['md5', 'filename|md5'], 'a.com', false],
    [['filename|md5'], '9e107d9d372bb6826bd81d3542a419d6', true],
    [['md5'], 'da39a3ee5e6b4b0d3255bfef95601890afd80709', false],
    [['phone-number'], 'a.com', false],
  ])('%j, %s: %s', async (matching_attributes, text, isFor) => {
    const list = await listOf({ matching_attributes, list: [text] })
    expect(list.match(valueOf(text)) !== undefined).toBe(isFor)
  })

  it('has no room for what is never asked about', async () => {
    const list = await listOf({ list: ['Mozilla/5.0'], matching_attributes: ['user-agent'] })
    expect([list.entries, list.skipped]).toEqual([0, 0])
  })
})

describe('the content', () => {
  it('may have comments, be numbered in part, and be damaged in part', async () => {
    const list = await listOf({ list: { 'a.com': 'why', 0: 'b.com', 'c.com': null } })
    for (const text of ['a.com', 'b.com', 'c.com']) expect(list.match(valueOf(text))).toBe('whole')
    const damaged = await listOf({ list: ['a.com', 1, null, ['b.com'], '', 'x'.repeat(5000)] })
    expect([damaged.entries, damaged.skipped]).toEqual([1, 5])
  })

  it('is compared as strings when no type is said', () => {
    expect(contentOf({ name: 'a', list: ['x'] }).head.type).toBe('string')
  })

  it.each([
    ['no object', []],
    ['no entries', { name: 'a', type: 'string' }],
    ['another schema', { title: 'x', type: 'object', properties: {} }],
    ['no name', { type: 'string', list: [] }],
    ['an unknown type', { name: 'a', type: 'fuzzy', list: [] }],
    ['an empty answer', { Warninglist: {} }],
  ])('is refused: %s', (_, json) => expect(readContent(json).kind).toBe('other'))

  it.each<
    [
      category: string | undefined,
      cameWithMisp: boolean | undefined,
      folder: string | undefined,
      own: boolean,
    ]
  >([
    ['false_positive', false, undefined, true],
    ['false_positive', true, undefined, false],
    ['false_positive', undefined, undefined, false],
    ['false_positive', undefined, 'ours', true],
    ['known', false, undefined, false],
    [undefined, undefined, 'rfc1918', false],
  ])('of category %s, with MISP: %s, folder: %s, is its users’ own: %s', async (...row) => {
    const [category, cameWithMisp, folder, own] = row
    const list = await listOf(
      {
        list: [],
        ...(category === undefined ? {} : { category }),
        ...(cameWithMisp === undefined ? {} : { default: cameWithMisp }),
      },
      folder === undefined ? {} : { folder },
    )
    expect(list.isOwn).toBe(own)
  })

  it('ends when told to', async () => {
    const content = contentOf({ name: 'a', list: Array.from({ length: 20_000 }, (_, i) => `h${i}.com`) })
    const { makeList } = await import('./list.ts')
    await expect(makeList(content, {}, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop')
  })
})
