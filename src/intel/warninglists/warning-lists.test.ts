import { describe, expect, it } from 'vitest'
import { listOf } from '../../../test/support/warning-lists.ts'
import { createActions, unknownNames, type ListAction } from './actions.ts'
import type { Standing } from './matcher.ts'
import { createWarningLists } from './warning-lists.ts'

const NOTHING = { suppress: [], annotate: [], ignore: [] }

describe('what a hit does', () => {
  type Row = [
    name: string,
    folder: string | undefined,
    actions: readonly (ListAction | undefined)[],
    settings?: object,
  ]
  const ALL: readonly Standing[] = ['whole', 'below', 'part']
  it.each<Row>([
    ['List of RFC 1918 CIDR blocks', undefined, ['suppress', 'suppress', 'annotate']],
    ['renamed', 'rfc1918', ['suppress', 'suppress', 'annotate']],
    ['renamed', 'RFC1918', ['suppress', 'suppress', 'annotate']],
    ['Top 10K most-used sites from Tranco', undefined, ['suppress', 'annotate', 'annotate']],
    ['Top 1,000,000 most-used sites from Tranco', 'tranco', ['annotate', 'annotate', 'annotate']],
    ['TLDs as known by IANA', 'tlds', ['suppress', 'annotate', 'annotate']],
    ['List of known microsoft domains', 'microsoft', ['suppress', 'annotate', 'annotate']],
    ['List of known Cloudflare IP ranges', 'cloudflare', ['annotate', 'annotate', 'annotate']],
    ['List of known sinkholes', 'sinkholes', ['annotate', 'annotate', 'annotate']],
    ['never seen', undefined, ['annotate', 'annotate', 'annotate']],
    ['never seen', undefined, ['suppress', 'suppress', 'suppress'], { suppress: [' Never SEEN '] }],
    ['x', 'rfc1918', ['annotate', 'annotate', 'annotate'], { annotate: ['rfc1918'] }],
    ['x', 'rfc1918', ['annotate', 'annotate', 'annotate'], { annotate: ['x'], suppress: ['rfc1918'] }],
    ['x', 'rfc1918', [undefined, undefined, undefined], { ignore: ['X'], suppress: ['rfc1918'] }],
  ])('%s in %s: %j', (name, folder, expected, settings) => {
    const actionOf = createActions({ ...NOTHING, ...settings })({
      name,
      isOwn: false,
      ...(folder === undefined ? {} : { folder }),
    })
    expect(ALL.map((standing) => actionOf?.(standing))).toEqual(expected)
  })

  it('holds back what users of a list say is a false positive, but for the host of a URL', () => {
    const actionOf = createActions(NOTHING)({ name: 'ours', isOwn: true })
    expect(ALL.map((standing) => actionOf?.(standing))).toEqual(['suppress', 'suppress', 'annotate'])
  })

  it('tells names that no list has', () => {
    const settings = { suppress: ['A', 'b'], annotate: ['c'], ignore: ['b'] }
    expect(unknownNames(settings, [{ name: 'a' }, { name: 'x', folder: 'C' }])).toEqual(['b'])
  })
})

describe('all lists', () => {
  const value = { type: 'domain', value: 'a.com' } as const

  it('are asked together, each named once, and replaced by source', async () => {
    const lists = createWarningLists({ ...NOTHING, suppress: ['two'] })
    expect(lists.check(value)).toEqual([])
    const [one, two, other] = await Promise.all([
      listOf({ name: 'one', list: ['a.com', 'b.com'] }),
      listOf({ name: 'two', type: 'hostname', list: ['com'] }),
      listOf({ name: 'other', list: ['b.com'] }),
    ])
    lists.replace('folder', [one, two, other])
    lists.replace('misp', [one])
    const both = [
      { list: 'one', action: 'annotate' },
      { list: 'two', action: 'suppress' },
    ]
    expect(lists.check(value)).toEqual(both)
    expect(lists.check(value)).toEqual(both)
    expect([lists.entries(), lists.entries('misp')]).toEqual([6, 2])
    lists.replace('folder', [other])
    expect(lists.check(value)).toEqual([{ list: 'one', action: 'annotate' }])
    lists.replace('misp', [])
    expect(lists.check(value)).toEqual([])
  })

  it('take the stricter answer of two versions of a list', async () => {
    const name = 'Top 10K most-used sites from Tranco'
    const lists = createWarningLists(NOTHING)
    lists.replace('a', [await listOf({ name, type: 'hostname', list: ['a.com'] })])
    lists.replace('b', [await listOf({ name, type: 'hostname', list: ['com'] })])
    expect(lists.check(value)).toEqual([{ list: name, action: 'suppress' }])
  })

  it('do not use what is ignored', async () => {
    const lists = createWarningLists({ ...NOTHING, ignore: ['test'] })
    lists.replace('a', [await listOf({ list: ['a.com'] })])
    expect([lists.check(value), lists.entries()]).toEqual([[], 0])
  })
})
