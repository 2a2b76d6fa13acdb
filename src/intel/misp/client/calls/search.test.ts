import { describe, expect, it } from 'vitest'
import type { AttributePage, AttributeQuery } from '../../api.ts'
import type { AskMisp } from './ask.ts'
import { searchAttributes, searchBody } from './search.ts'

const UUID = '5f0c7a4e-1c2d-4b3a-9e8f-001122334455'
const never = new AbortController().signal
const texts = (values: readonly unknown[]) => values as readonly string[]

function pageOf(json: unknown, headers: Record<string, string> = {}, limit = 5): Promise<AttributePage> {
  const ask: AskMisp = async (_request, read) => read({ json, headers, at: 0 })
  return searchAttributes(ask)({ values: ['evil.com'], limit }, never)
}
const rows = (count: number) => ({
  response: {
    Attribute: Array.from({ length: count }, () => ({ uuid: UUID, type: 'domain', value: 'evil.com' })),
  },
})
const counts = (found: number, skipped?: number) => ({
  'x-result-count': String(found),
  ...(skipped === undefined ? {} : { 'x-skipped-elements-count': String(skipped) }),
})

describe('searchBody', () => {
  it('asks for values as texts to be taken literally', () => {
    const query = {
      values: ['198.51.100.7', '!a||b'],
      toIds: true,
      published: true,
      limit: 1000,
      page: 1,
    } as const
    expect(searchBody(query)).toEqual({
      value: { OR: ['198.51.100.7', '!a||b'] },
      to_ids: 1,
      published: 1,
      includeContext: 1,
      includeEventTags: 1,
      limit: 1000,
      page: 1,
    })
  })

  it('asks for the attributes of events in order, deleted ones too', () => {
    expect(searchBody({ events: ['7', UUID], withDeleted: true, limit: 5000, page: 2 })).toEqual({
      eventid: ['7', UUID],
      deleted: [0, 1],
      includeContext: 1,
      includeEventTags: 1,
      limit: 5000,
      page: 2,
      order: 'Attribute.id asc',
    })
  })

  it.each<[name: string, query: AttributeQuery]>([
    ['nothing', { limit: 10 }],
    ['no values', { values: [], limit: 10 }],
    ['an empty value', { values: ['198.51.100.7', ''], limit: 10 }],
    ['a blank value', { values: [' '], limit: 10 }],
    ['an invisible value', { values: ['\u200B\u00AD'], limit: 10 }],
    ['a pattern for everything', { values: ['%%'], limit: 10 }],
    ['one-letter patterns', { values: ['%_%'], limit: 10 }],
    ['a number', { values: texts([198]), limit: 10 }],
    ['null', { values: texts([null]), limit: 10 }],
    ['a list', { values: texts([['198.51.100.7']]), limit: 10 }],
    ['no events', { events: [], limit: 10 }],
    ['an empty event', { events: [''], limit: 10 }],
    ['all events but one', { events: ['!7'], limit: 10 }],
    ['a pattern of events', { events: ['%'], limit: 10 }],
    ['values and no events', { values: ['198.51.100.7'], events: [], limit: 10 }],
    ['no limit', { values: ['198.51.100.7'], limit: 0 }],
    ['an endless limit', { values: ['198.51.100.7'], limit: Number.POSITIVE_INFINITY }],
    ['page 0', { values: ['198.51.100.7'], limit: 10, page: 0 }],
  ])('never asks for %s', async (_name, query) => {
    let asked = 0
    const ask: AskMisp = async (_request, read) => {
      asked += 1
      return read({ json: {}, headers: {}, at: 0 })
    }
    await expect(searchAttributes(ask)(query, never)).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(asked).toBe(0)
  })
})

describe('a page', () => {
  it.each<[name: string, rows: number, headers: Record<string, string>, more: boolean]>([
    ['full', 5, counts(6, 0), true],
    ['the last', 2, counts(2, 0), false],
    ['past the end', 0, counts(1, 0), false],
    ['full but for skipped rows', 3, counts(6, 2), true],
    ['full of skipped rows', 0, counts(6, 5), true],
    ['cut by the server below the limit', 2, counts(3, 0), true],
    ['full, of a server that counts nothing', 5, {}, true],
    ['the last, of a server that counts nothing', 4, {}, false],
    ['with counts that are none', 4, { 'x-result-count': 'many' }, false],
  ])('that is %s', async (_name, count, headers, more) => {
    const page = await pageOf(rows(count), headers)
    expect(page.rows).toHaveLength(count)
    expect(page.more).toBe(more)
  })

  it('counts what it cannot read, which fills the page too', async () => {
    const { response } = rows(3)
    const page = await pageOf({ response: { Attribute: [...response.Attribute, null, { id: '1' }] } })
    expect(page).toMatchObject({ malformed: 2, skipped: 0, more: true })
    expect(page.rows).toHaveLength(3)
  })

  it('may be an empty list', async () => {
    expect(await pageOf({ response: [] })).toEqual({ rows: [], malformed: 0, skipped: 0, more: false })
  })

  it.each([null, [], {}, { response: null }, { response: [{ Event: {} }] }, { response: { Attribute: {} } }])(
    'is not %o',
    async (json) => {
      await expect(pageOf(json)).rejects.toMatchObject({ code: 'PROVIDER_MALFORMED' })
    },
  )
})
