import { afterEach, describe, expect, it } from 'vitest'
import { ask } from '../support/fake-opencti/ask.ts'
import type { FakeOpenCti, FakeOpenCtiOptions } from '../support/fake-opencti/fake-opencti.ts'
import { startFakeOpenCti } from '../support/fake-opencti/fake-opencti.ts'
import type { Fault } from '../support/fake-opencti/http/faults.ts'
import type { Heard, HeardEvent, Listening } from '../support/fake-opencti/listen.ts'
import { hear } from '../support/fake-opencti/listen.ts'
import type { UserName } from '../support/fake-opencti/users.ts'

const open: FakeOpenCti[] = []
const listening: Heard[] = []

afterEach(async () => {
  for (const heard of listening.splice(0)) heard.close()
  for (const opencti of open.splice(0)) await opencti.close()
})

/** 2026-03-09T08:00:00Z, a second later at each look. */
function ticking(): () => number {
  let now = Date.UTC(2026, 2, 9, 8)
  return () => (now += 1000)
}

async function fake(options: FakeOpenCtiOptions = {}): Promise<FakeOpenCti> {
  const opencti = await startFakeOpenCti({ heartbeatMs: null, ...options })
  open.push(opencti)
  return opencti
}

async function listen(opencti: FakeOpenCti, path: string, how?: Listening): Promise<Heard> {
  const heard = await hear(opencti, path, how)
  listening.push(heard)
  return heard
}

const ACTIVE = JSON.stringify({
  mode: 'and',
  filters: [
    { key: ['entity_type'], operator: 'eq', mode: 'or', values: ['Indicator'] },
    { key: ['pattern_type'], operator: 'eq', mode: 'or', values: ['stix'] },
    { key: ['revoked'], operator: 'eq', mode: 'or', values: ['false'] },
  ],
  filterGroups: [],
})

interface Document {
  readonly type: string
  readonly name: string
  readonly revoked: boolean
  readonly pattern: string
}
interface Envelope {
  readonly type?: string
  readonly origin: { readonly referer?: string }
  readonly data: Document
  readonly context?: { readonly patch?: unknown; readonly sources?: readonly Document[] }
}

function envelope({ data }: HeardEvent): Envelope {
  return data as Envelope
}

/** The name of the event and that of its object. */
function told(events: readonly HeardEvent[]): readonly string[] {
  return events.map((each) => `${each.event} ${envelope(each).data?.name ?? ''}`.trim())
}

/** The types of all but the first, and where they come from. */
function types(events: readonly HeardEvent[]): readonly string[] {
  return events.slice(1).map((each) => `${envelope(each).data.type} ${envelope(each).origin.referer ?? ''}`)
}

function pattern(name: string): string {
  return `[domain-name:value = '${name}.example']`
}

describe('what a stream of the fake OpenCTI tells', () => {
  it('connects, then tells each change of what its filter shows', async () => {
    const opencti = await fake({ now: ticking() })
    const stream = opencti.addStreamCollection({ filters: ACTIVE })
    const heard = await listen(opencti, stream)
    await opencti.streams.opened(1)
    const { id } = opencti.addIndicator({ name: 'a', pattern: pattern('a') })
    opencti.addIndicator({ name: 'yara', pattern: 'rule x {}', pattern_type: 'yara' })
    opencti.addObservable({ entity_type: 'Domain-Name', value: 'a.example' })
    opencti.updateIndicator(id, { x_opencti_score: 90 })
    opencti.revokeIndicator(id)
    opencti.updateIndicator(id, { x_opencti_score: 80 })
    opencti.updateIndicator(id, { revoked: false })
    opencti.deleteIndicator(id)
    const events = await heard.first(6)
    expect(told(events)).toEqual(['connected', 'create a', 'update a', 'delete a', 'create a', 'delete a'])
    const [connected, created, updated, left, , deleted] = events
    expect(connected).not.toHaveProperty('id')
    expect(Object.keys(connected?.data as object)).toEqual([
      'lastEventId',
      'firstEventId',
      'firstEventDate',
      'lastEventDate',
      'streamSize',
      'connectionId',
    ])
    expect(created).toMatchObject({
      id: expect.stringMatching(/^\d+-0$/) as unknown,
      data: { type: 'create', scope: 'external', version: '4' },
    })
    expect(envelope(updated!)).toMatchObject({
      type: 'update',
      context: { patch: expect.any(Array) as unknown },
    })
    expect(envelope(left!)).toMatchObject({ type: 'update', data: { revoked: true } })
    expect(envelope(deleted!)).toMatchObject({ type: 'delete', data: { revoked: false } })
  })

  it('from 7.260811 shows what leaves the filter as it was', async () => {
    const opencti = await fake({ version: '7.260817.0' })
    const heard = await listen(opencti, opencti.addStreamCollection({ filters: ACTIVE }))
    await opencti.streams.opened(1)
    const { id } = opencti.addIndicator({ name: 'a', pattern: pattern('a') })
    opencti.revokeIndicator(id)
    const left = (await heard.first(3))[2]!
    expect(left.event).toBe('delete')
    expect(envelope(left)).toMatchObject({ type: 'update', context: {}, data: { revoked: false } })
  })

  it('tells a merge once, with what vanished', async () => {
    const opencti = await fake()
    const heard = await listen(opencti, opencti.addStreamCollection())
    await opencti.streams.opened(1)
    const [a, b] = ['a', 'b'].map((name) => opencti.addIndicator({ name, pattern: pattern(name) }).id)
    opencti.mergeIndicators(a!, [b!])
    const events = await heard.first(4)
    expect(told(events)).toEqual(['connected', 'create a', 'create b', 'merge a'])
    expect(envelope(events[3]!).context?.sources?.map(({ name }) => name)).toEqual(['b'])
  })

  it('tells what expires by itself', async () => {
    const opencti = await fake()
    const valid_until = '2020-01-01T00:00:00.000Z'
    const { id } = opencti.addIndicator({ name: 'a', pattern: pattern('a'), valid_until })
    const heard = await listen(opencti, opencti.addStreamCollection({ filters: ACTIVE }))
    await opencti.streams.opened(1)
    expect(opencti.expireIndicators()).toEqual([id])
    const [, left] = await heard.first(2)
    expect(left!.event).toBe('delete')
    expect(envelope(left!)).toMatchObject({ origin: {}, data: { revoked: true } })
  })

  it('tells authors, markings and labels first, and relationships only to those who want them', async () => {
    const opencti = await fake()
    const { id } = opencti.addIndicator({
      name: 'a',
      pattern: pattern('a'),
      createdBy: 'Vendor',
      objectMarking: ['TLP:GREEN'],
      objectLabel: ['c2'],
    })
    opencti.addObservable({ entity_type: 'Domain-Name', value: 'a.example', indicators: [id] })
    const stream = opencti.addStreamCollection({ filters: ACTIVE })
    const bare = await listen(opencti, `${stream}?from=0&no-dependencies=true`)
    const full = await listen(opencti, stream, { headers: { from: '0' } })
    const dependencies = ['marking-definition', 'identity', 'label'].map(
      (type) => `${type} init-dependencies`,
    )
    const indicator = 'indicator https://opencti.example/dashboard'
    expect(types(await bare.first(5))).toEqual([...dependencies, indicator])
    const more = ['domain-name', 'relationship'].map((type) => `${type} init-dependencies`)
    expect(types(await full.first(7))).toEqual([...dependencies, ...more, indicator])
  })

  it('beats by itself, or when it is told to', async () => {
    const by = await fake({ heartbeatMs: 5 })
    const beating = await listen(by, by.addStreamCollection())
    expect((await beating.first(3))[2]?.event).toBe('heartbeat')
    const opencti = await fake()
    const heard = await listen(opencti, opencti.addStreamCollection())
    await opencti.streams.opened(1)
    opencti.streams.heartbeat()
    const beat = (await heard.first(2))[1]
    expect(beat).toMatchObject({ event: 'heartbeat', id: expect.stringMatching(/^\d+-0$/) as unknown })
    expect(Date.parse(String(beat?.data))).toBe(Number(beat?.id?.split('-')[0]))
  })

  it('carries events of any name', async () => {
    const opencti = await fake()
    const heard = await listen(opencti, opencti.addStreamCollection())
    await opencti.streams.opened(1)
    opencti.streams.send('consumer_metrics', { deliveryRate: 0.5 }, '1-0')
    opencti.streams.sendText(': a comment\n\nevent: error\ndata: {"message"')
    opencti.streams.sendText(':"y"}\n\n')
    expect((await heard.first(3)).slice(1)).toEqual([
      { event: 'consumer_metrics', data: { deliveryRate: 0.5 }, id: '1-0' },
      { event: 'error', data: { message: 'y' } },
    ])
  })
})

async function three(): Promise<{ opencti: FakeOpenCti; stream: string; ids: readonly string[] }> {
  const opencti = await fake({ now: ticking() })
  const ids: string[] = []
  for (const name of ['a', 'b', 'c']) {
    opencti.addIndicator({ name, pattern: pattern(name) })
    ids.push(opencti.streams.lastEventId)
  }
  return { opencti, stream: opencti.addStreamCollection({ filters: ACTIVE }), ids }
}

describe('where a stream of the fake OpenCTI begins', () => {
  it.each<[what: string, from: (id: string) => string, heard: readonly string[]]>([
    ['an event id', (id) => `?from=${id}`, ['create b', 'create c', 'create d']],
    [
      'a date',
      (id) => `?from=${new Date(Number(id.split('-')[0])).toISOString()}`,
      ['create b', 'create c', 'create d'],
    ],
    ['0', () => '?from=0', ['create a', 'create b', 'create c', 'create d']],
    ['nothing: now', () => '', ['create d']],
    ['bare milliseconds: passed over', (id) => `?from=${id.split('-')[0]}`, ['create d']],
  ])('%s', async (_, from, expected) => {
    const { opencti, stream, ids } = await three()
    const heard = await listen(opencti, `${stream}${from(ids[0] ?? '')}`)
    await opencti.streams.opened(1)
    opencti.addIndicator({ name: 'd', pattern: pattern('d') })
    expect(told(await heard.first(expected.length + 1)).slice(1)).toEqual(expected)
  })

  it('goes through the database when it is to recover, without type and scope', async () => {
    const { opencti, stream, ids } = await three()
    opencti.streams.trim(1)
    const until = new Date(Number((ids[1] ?? '').split('-')[0])).toISOString()
    const heard = await listen(opencti, `${stream}?from=0&recover=${until}&no-dependencies=true`)
    const events = await heard.first(4)
    expect(told(events)).toEqual(['connected', 'create a', 'create b', 'create c'])
    expect(envelope(events[1]!)).not.toHaveProperty('type')
    expect(events.map((each) => (each.event === 'create' ? envelope(each).origin.referer : ''))).toEqual([
      '',
      'init-create',
      'init-create',
      'https://opencti.example/dashboard',
    ])
  })

  it('cannot recover without a beginning', async () => {
    const { opencti, stream } = await three()
    expect((await listen(opencti, `${stream}?recover=2026-03-09T09:00:00Z`)).status).toBe(500)
    const later = await fake({ version: '6.9.28' })
    const heard = await listen(later, `${later.addStreamCollection()}?recover=2026-03-09T09:00:00Z`)
    expect((await heard.first(2))[1]?.event).toBe('error')
  })

  it('shows in `connected` that it has forgotten what came before', async () => {
    const { opencti, stream, ids } = await three()
    opencti.streams.trim(2)
    const heard = await listen(opencti, `${stream}?from=${ids[0]}`)
    expect((await heard.first(3))[0]?.data).toMatchObject({ firstEventId: ids[1], lastEventId: ids[2] })
  })

  it('leaves deletions out for those who do not want them', async () => {
    const { opencti, stream } = await three()
    const heard = await listen(opencti, `${stream}?listen-delete=false`)
    await opencti.streams.opened(1)
    opencti.deleteIndicator(opencti.addIndicator({ name: 'd', pattern: pattern('d') }).id)
    opencti.addIndicator({ name: 'e', pattern: pattern('e') })
    expect(told(await heard.first(3))).toEqual(['connected', 'create d', 'create e'])
  })
})

describe('who may hear a stream of the fake OpenCTI', () => {
  it.each<[user: UserName, path: 'stream' | '' | 'live' | 'unknown', status: number]>([
    ['reader', 'stream', 200],
    ['nostream', 'stream', 401],
    ['reader', 'unknown', 401],
    ['reader', 'live', 401],
    ['admin', 'live', 200],
    ['admin', '', 200],
  ])('%s, %s: %i', async (user, path, status) => {
    const opencti = await fake()
    const stream = opencti.addStreamCollection()
    const heard = await listen(opencti, path === 'stream' ? stream : path, { user })
    expect(heard.status).toBe(status)
  })

  it('is over when the stream is stopped, and 410 after', async () => {
    const opencti = await fake()
    const stream = opencti.addStreamCollection()
    const heard = await listen(opencti, stream)
    await opencti.streams.opened(1)
    opencti.stopStreamCollection(stream)
    expect(await heard.ended).toBe('end')
    expect((await listen(opencti, stream)).status).toBe(410)
    opencti.startStreamCollection(stream)
    expect((await listen(opencti, stream)).status).toBe(200)
  })

  it('is cut off when the line breaks', async () => {
    const opencti = await fake()
    const heard = await listen(opencti, opencti.addStreamCollection())
    await opencti.streams.opened(1)
    opencti.streams.cut()
    expect(await heard.ended).toBe('error')
  })

  it.each<[fault: Fault, status: number, type: string]>([
    ['html-200', 200, 'text/html; charset=utf-8'],
    ['unauthorized', 401, 'application/json; charset=utf-8'],
    ['gone', 410, 'text/plain'],
    ['internal', 500, 'text/plain'],
    ['rate-limit', 429, 'application/json; charset=utf-8'],
  ])('meets %s', async (fault, status, type) => {
    const opencti = await fake()
    opencti.setFault(fault, { path: /^\/stream/ })
    expect(await listen(opencti, opencti.addStreamCollection())).toMatchObject({ status, type })
  })
})

describe('TAXII of the fake OpenCTI', () => {
  interface Page {
    readonly more: boolean
    readonly next?: string
    readonly objects: readonly Document[]
  }

  async function pageOf(opencti: FakeOpenCti, path: string): Promise<Page> {
    return JSON.parse((await ask(opencti, path)).text) as Page
  }

  it('gives objects by time of change, with the next cursor even at the end', async () => {
    const opencti = await fake({ now: ticking() })
    const id = opencti.addTaxiiCollection({ filters: ACTIVE })
    for (const name of ['a', 'b', 'c']) opencti.addIndicator({ name, pattern: pattern(name) })
    const path = `/taxii2/root/collections/${id}/objects`
    const first = await pageOf(opencti, `${path}?limit=2`)
    expect(first).toMatchObject({ more: true, objects: [{ name: 'a' }, { name: 'b' }] })
    const second = await pageOf(opencti, `${path}?limit=2&next=${encodeURIComponent(first.next ?? '')}`)
    expect(second).toMatchObject({
      more: false,
      next: expect.any(String) as unknown,
      objects: [{ name: 'c' }],
    })
    const { headers } = await ask(opencti, path)
    const added = String(headers['x-taxii-date-added-last'])
    opencti.addIndicator({ name: 'd', pattern: pattern('d') })
    expect((await pageOf(opencti, `${path}?added_after=${added}`)).objects.map(({ name }) => name)).toEqual([
      'd',
    ])
  })

  it('has no more than 500 on a page', async () => {
    const opencti = await fake()
    opencti.seedIndicators(501)
    const id = opencti.addTaxiiCollection()
    const page = await pageOf(opencti, `/taxii2/root/collections/${id}/objects?limit=1000`)
    expect(page).toMatchObject({ more: true })
    expect(page.objects).toHaveLength(500)
  })

  it('says what is wrong in its own way', async () => {
    const opencti = await fake()
    const id = opencti.addTaxiiCollection()
    const refused = await ask(opencti, `/taxii2/root/collections/${id}/objects`, undefined, {
      user: 'nostream',
    })
    expect(refused.status).toBe(403)
    expect(JSON.parse(refused.text)).toEqual({
      title: 'You are not allowed to do this.',
      error_code: 'FORBIDDEN_ACCESS',
      http_status: '403',
    })
    expect((await ask(opencti, '/taxii2/root/collections/none/objects')).status).toBe(404)
  })
})
