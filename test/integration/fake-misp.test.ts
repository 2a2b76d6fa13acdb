import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from 'vitest'
import { ask, search } from '../support/fake-misp/ask.ts'
import { bulkAttribute, bulkEvent } from '../support/fake-misp/bulk.ts'
import type { FakeMisp, FakeMispOptions } from '../support/fake-misp/fake-misp.ts'
import { startFakeMisp } from '../support/fake-misp/fake-misp.ts'

const open: FakeMisp[] = []

afterEach(async () => {
  for (const misp of open.splice(0)) await misp.close()
})

async function fake(options: FakeMispOptions = {}): Promise<FakeMisp> {
  const misp = await startFakeMisp(options)
  open.push(misp)
  return misp
}

const values = async (misp: FakeMisp, filter: unknown): Promise<readonly string[]> =>
  (await search(misp, filter)).map(({ value }) => value)

const EVENTS: FakeMispOptions = {
  events: [
    {
      info: 'First',
      tags: ['tlp:amber', 'misp-galaxy:threat-actor="APT28"'],
      attributes: [
        { type: 'ip-dst', value: '198.51.100.7', tags: ['tlp:amber'] },
        { type: 'ip-dst|port', value: '198.51.100.8:8443' },
        { type: 'domain', value: 'Evil.Example.' },
        { type: 'ip-src', value: '2001:0DB8:0:0::1' },
        { type: 'url', value: 'http://percent.example/100%' },
        { type: 'comment', value: '!starts with bang', to_ids: false },
        { type: 'md5', value: '198CCDF1D056A6B6015293BF4DF0D0C5' },
      ],
    },
    { info: 'Draft', published: false, attributes: [{ type: 'ip-dst', value: '198.51.100.7' }] },
  ],
}
const ALL = 8

describe('a search of the fake MISP', () => {
  it.each<[what: string, body: unknown]>([
    ['an empty body', ''],
    ['an empty object', {}],
    ['a list', ['198.51.100.7']],
    ['a misspelt key', { values: ['198.51.100.7'] }],
    ['an empty list', { value: [] }],
    ['an empty OR', { value: { OR: [] } }],
    ['a blank', { value: ' ' }],
    ['a zero', { value: '0' }],
    ['a negation, which excludes nothing', { value: ['!198.51.100.7'] }],
  ])('that lost its filter returns everything: %s', async (_, body) => {
    expect(await search(await fake(EVENTS), body)).toHaveLength(ALL)
  })

  it('returns everything when the body has no content type it reads, or comes with PUT', async () => {
    const misp = await fake(EVENTS)
    const body = '{"value": "198.51.100.7"}'
    expect(await search(misp, body, { headers: { 'content-type': 'text/plain' } })).toHaveLength(ALL)
    expect(await search(misp, body, { method: 'PUT' })).toHaveLength(ALL)
  })

  it.each<[what: string, value: unknown, found: readonly string[]]>([
    ['each row of a value', ['198.51.100.7'], ['198.51.100.7', '198.51.100.7']],
    ['a composite by its first half', ['198.51.100.8'], ['198.51.100.8|8443']],
    ['a composite by its second half', ['8443'], ['198.51.100.8|8443']],
    ['never a composite as a whole', ['198.51.100.8|8443'], []],
    ['IPv6 in any spelling', ['2001:db8::1'], ['2001:db8::1']],
    ['whatever case, accent, width and blanks behind', ['ÉVIL.ｅxample '], ['evil.example']],
    ['not with a blank before', [' evil.example'], []],
    ['a literal ! in OR', { OR: ['!starts with bang'] }, ['!starts with bang']],
    ['by a wildcard at an end', { OR: ['%.example'] }, ['evil.example']],
    [
      'by a trailing % made literal',
      { OR: ['http://percent.example/100\\%'] },
      ['http://percent.example/100%'],
    ],
    ['no wildcard in the middle', { OR: ['evil%example'] }, []],
    ['numbers as numbers', [198], ['198ccdf1d056a6b6015293bf4df0d0c5']],
    ['nothing for an operator in small letters', { or: ['198.51.100.7'] }, []],
    ['nothing for nested lists', [['198.51.100.7']], []],
  ])('finds %s', async (_, value, found) => {
    expect(await values(await fake(EVENTS), { value })).toEqual(found)
  })

  it('finds everything but composites by an empty string', async () => {
    expect(await search(await fake(EVENTS), { value: ['', '198.51.100.8'] })).toHaveLength(ALL)
    expect(await search(await fake(EVENTS), { value: [''] })).toHaveLength(ALL - 1)
  })

  it('shows unpublished events and rows without to_ids unless told otherwise', async () => {
    const misp = await fake(EVENTS)
    const [row, ...others] = await search(misp, {
      value: { OR: ['198.51.100.7', '!starts with bang'] },
      to_ids: 1,
      published: 1,
      includeContext: 1,
      includeEventTags: 1,
    })
    expect(others).toEqual([])
    expect(row?.Event).toMatchObject({ info: 'First', published: true })
    expect(row?.Tag).toMatchObject([
      { name: 'tlp:amber' },
      { name: 'tlp:amber', inherited: 1 },
      { name: 'misp-galaxy:threat-actor="APT28"', inherited: 1 },
    ])
    expect(await search(misp, { value: '198.51.100.7', published: false })).toHaveLength(2)
  })

  it('counts one more when a page is full, or empty', async () => {
    const misp = await fake(EVENTS)
    const counts = [3, 4, ALL].flatMap((limit) => [1, 2, 3].map((page) => ({ limit, page })))
    const told = await Promise.all(counts.map((page) => ask(misp, '/attributes/restSearch', page)))
    expect(told.map(({ headers }) => headers['x-result-count'])).toEqual([
      '4',
      '4',
      '2',
      '5',
      '5',
      '1',
      '9',
      '1',
      '1',
    ])
    expect((await ask(misp, '/attributes/restSearch', { limit: 'abc' })).status).toBe(500)
  })

  it('goes on where a page ended, but for changes in between', async () => {
    const misp = await fake(EVENTS)
    const ids = async (page: number): Promise<readonly string[]> =>
      (await search(misp, { limit: 3, page })).map(({ id }) => id)
    expect(await ids(1)).toEqual(['1', '2', '3'])
    expect(await ids(2)).toEqual(['4', '5', '6'])
    misp.deleteAttribute('1', 'hard')
    expect(await ids(3)).toEqual(['8'])
    expect(await ids(1)).toEqual(['2', '3', '4'])
  })

  it('drops rows of warning-lists after counting them for the page', async () => {
    const misp = await fake(EVENTS)
    misp.addWarningList({ name: 'documentation', type: 'cidr', entries: ['198.51.100.0/24'] })
    const told = await ask(misp, '/attributes/restSearch', { enforceWarninglist: 1, limit: 2 })
    expect(told.headers).toMatchObject({ 'x-skipped-elements-count': '2', 'x-result-count': '3' })
    expect(told.text).toBe('{"response": {"Attribute": []}}\n')
    expect(await search(misp, { value: '198.51.100.8', includeWarninglistHits: 1 })).toMatchObject([
      { warnings: [{ match: '198.51.100.0/24', value: '198.51.100.8', warninglist_name: 'documentation' }] },
    ])
  })
})

it.each<[type: string, typed: string, stored: string]>([
  ['domain', ' Evil.Example. ', 'evil.example'],
  ['domain', 'bücher-evil.example', 'xn--bcher-evil-9db.example'],
  ['email-src', 'Attacker@Example.ORG', 'attacker@example.org'],
  ['sha1', 'DA39A3EE5E6B4B0D3255BFEF95601890AFD80709', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
  ['mac-address', '00-11-22-AA-BB-CC', '00:11:22:aa:bb:cc'],
  ['ip-dst', '2001:0DB8:0000::0001', '2001:db8::1'],
  ['ip-dst', '198.51.100.7/32', '198.51.100.7'],
  ['ip-dst|port', '[2001:DB8::99]:8080', '2001:db8::99|8080'],
  ['hostname|port', 'C2.Evil.Example:4444', 'c2.evil.example|4444'],
  [
    'filename|md5',
    'Invoice.EXE|4034A346CCEE15292D823416F7510A2F',
    'Invoice.EXE|4034a346ccee15292d823416f7510a2f',
  ],
  ['url', 'hxxp://Evil[.]Example/Path', 'http://Evil.Example/Path'],
  ['AS', 'AS64500', '64500'],
  ['vulnerability', 'cve-2024-0001', 'CVE-2024-0001'],
  ['phone-number', '+49 30 123', '+4930123'],
  ['text', 'with 😀', 'with ?'],
])('the fake MISP stores %s %j as %j', async (type, value, stored) => {
  const misp = await fake({ events: [{ attributes: [{ type, value }] }] })
  expect(await values(misp, {})).toEqual([stored])
})

describe('a change in the fake MISP', () => {
  it('unpublishes the event, and is seen by publish_timestamp only after the next publication', async () => {
    const misp = await fake()
    misp.setNow(1_800_000_000)
    const event = misp.addEvent({ attributes: [{ type: 'ip-dst', value: '198.51.100.7' }] })
    misp.setNow(1_800_000_100)
    misp.addAttributes(event.uuid, [{ type: 'ip-dst', value: '198.51.100.8' }])
    expect(await search(misp, { eventid: event.id, published: 1 })).toEqual([])
    expect(await values(misp, { timestamp: 1_800_000_050 })).toEqual(['198.51.100.8'])
    expect(await search(misp, { publish_timestamp: 1_800_000_050 })).toEqual([])
    misp.publish(event.uuid)
    expect(await search(misp, { publish_timestamp: 1_800_000_050, published: 1 })).toHaveLength(2)
  })

  it('leaves a mark when it is a soft deletion, and none when it is a hard one', async () => {
    const misp = await fake(EVENTS)
    const [row] = await search(misp, { value: 'evil.example' })
    misp.deleteAttribute(row?.uuid ?? '')
    expect(await search(misp, { value: 'evil.example' })).toEqual([])
    expect(await search(misp, { value: 'evil.example', deleted: [0, 1] })).toMatchObject([{ deleted: true }])
    misp.deleteAttribute('1', 'hard')
    expect(await search(misp, { value: '198.51.100.7', eventid: '1', deleted: [0, 1] })).toEqual([])
    misp.deleteEvent('2')
    const { text } = await ask(misp, '/events/index', { minimal: 1 })
    expect(JSON.parse(text)).toMatchObject([{ id: '1', published: false }])
  })
})

describe('sightings in the fake MISP', () => {
  it('are one for each attribute of the value, the answer shows the last, and nothing makes them idempotent', async () => {
    const misp = await fake(EVENTS)
    const body = { values: ['198.51.100.7', 'unknown.example'], source: 'test', timestamp: 1_800_000_000 }
    await ask(misp, '/sightings/add', body)
    const { text } = await ask(misp, '/sightings/add', body)
    expect(JSON.parse(text)).toMatchObject({ Sighting: { id: '4', attribute_id: '8', source: 'test' } })
    expect(misp.sightings.map(({ attributeId }) => attributeId)).toEqual([1, 8, 1, 8])
  })

  it('heed filters, which also know IPv6 in any spelling', async () => {
    const misp = await fake(EVENTS)
    const filters = { to_ids: 1, published: 1 }
    await ask(misp, '/sightings/add', { values: ['198.51.100.7', '2001:DB8:0::1'], filters })
    expect(misp.sightings.map(({ attributeId }) => attributeId)).toEqual([1, 4])
  })

  it('are refused with 200 and a message, or 403 for those who may not', async () => {
    const misp = await fake(EVENTS)
    const refused = await ask(misp, '/sightings/add', { value: 'unknown.example' })
    expect(refused.status).toBe(200)
    expect(JSON.parse(refused.text)).toEqual({
      message: 'Could not add the Sighting. Reason: No valid attributes found that match the criteria.',
    })
    expect((await ask(misp, '/sightings/add', { value: '198.51.100.7' }, { key: 'ro' })).status).toBe(403)
    expect(misp.sightings).toEqual([])
  })

  it('are saved in bulk once for each UUID', async () => {
    const misp = await fake(EVENTS)
    const [row] = await search(misp, { value: 'evil.example' })
    const sighting = {
      uuid: '5f0c1f3a-0000-4000-8000-000000000001',
      attribute_uuid: row?.uuid,
      date_sighting: '1800000000',
      type: '0',
      source: 'test',
    }
    const first = await ask(misp, '/sightings/bulkSaveSightings/1', [sighting])
    const second = await ask(misp, '/sightings/bulkSaveSightings/1', [sighting])
    expect(JSON.parse(first.text)).toMatchObject({ saved: true, success: '1 sightings added.' })
    expect(JSON.parse(second.text)).toMatchObject({ saved: false, message: 'No sightings added.' })
    expect(misp.sightings).toMatchObject([{ uuid: sighting.uuid, attributeId: 3, date: 1_800_000_000 }])
  })
})

describe('warning-lists of the fake MISP', () => {
  it('answer a list instead of an object when nothing hits, and heed letter case', async () => {
    const misp = await fake()
    misp.addWarningList({ name: 'top', type: 'hostname', entries: ['google.com'] })
    misp.addWarningList({ name: 'off', type: 'string', entries: ['google.com'], enabled: false })
    const hit = await ask(misp, '/warninglists/checkValue', ['http://www.google.com/x', 'x.example'])
    expect(JSON.parse(hit.text)).toEqual({
      'http://www.google.com/x': [{ id: '1', name: 'top', matched: 'google.com' }],
    })
    expect((await ask(misp, '/warninglists/checkValue', ['Google.com'])).text).toBe('[]')
    expect((await ask(misp, '/warninglists/checkValue', [])).status).toBe(404)
  })

  it('are listed, viewed and exported', async () => {
    const misp = await fake()
    const { id } = misp.addWarningList({ name: 'top', type: 'hostname', entries: ['google.com'] })
    misp.addWarningList({ name: 'off', type: 'string', entries: ['a', 'b'], enabled: false })
    const { text } = await ask(misp, '/warninglists/index', { enabled: 1 })
    expect(JSON.parse(text)).toMatchObject({
      Warninglists: [{ Warninglist: { id, name: 'top', enabled: true, warninglist_entry_count: '1' } }],
    })
    const viewed = JSON.parse((await ask(misp, `/warninglists/view/${id}`)).text) as unknown
    expect(viewed).toMatchObject({ Warninglist: { WarninglistEntry: [{ value: 'google.com' }] } })
    const exported = JSON.parse((await ask(misp, `/warninglists/export/${id}`)).text) as unknown
    expect(exported).toMatchObject({ name: 'top', type: 'hostname', list: ['google.com'] })
  })
})

describe('a generated database of the fake MISP', () => {
  it('knows its values, and not those beyond', async () => {
    const misp = await fake()
    const bulk = { seed: 7, attributesPerEvent: 10, now: 1_800_000_000 }
    misp.addBulk(30, (index) => bulkEvent(index, bulk))
    const asked = [0, 42, 299, 300, 5000].map((n) => bulkAttribute(7, n).value.split('|')[0] ?? '')
    const found = await search(misp, { value: { OR: asked } })
    expect(found.map(({ id }) => id)).toEqual(['1', '43', '300'])
    expect(await search(misp, { eventid: ['3', '5'], limit: 100 })).toHaveLength(20)
  })

  it('is served by a process of its own', async () => {
    const main = join(import.meta.dirname, '../support/fake-misp/main.ts')
    const child = spawn(process.execPath, [
      '--import',
      'tsx',
      main,
      '--events',
      '5',
      '--attributes',
      '10',
      '--seed',
      '7',
    ])
    try {
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
      const { url, key } = JSON.parse(line) as { url: string; key: string }
      const answer = await fetch(`${url}/attributes/restSearch`, {
        method: 'POST',
        headers: { authorization: key, 'content-type': 'application/json' },
        body: JSON.stringify({ value: { OR: [bulkAttribute(7, 49).value, bulkAttribute(7, 50).value] } }),
      })
      expect(await answer.json()).toMatchObject({ response: { Attribute: [{ id: '50', event_id: '5' }] } })
      child.kill('SIGTERM')
      expect(await once(child, 'exit')).toEqual([0, null])
    } finally {
      child.kill('SIGKILL')
    }
  })

  it('can be edited like any other', async () => {
    const misp = await fake()
    misp.addBulk(3, (index) => bulkEvent(index, { seed: 7, attributesPerEvent: 10, now: 1_800_000_000 }))
    const [row] = await search(misp, { eventid: '2', limit: 1 })
    misp.editAttribute(row?.uuid ?? '', { value: '203.0.113.5' }, { publish: true })
    expect(await search(misp, { value: '203.0.113.5', published: 1 })).toMatchObject([{ uuid: row?.uuid }])
    expect(await search(misp, { value: row?.value })).toEqual([])
    expect(await search(misp, { eventid: '2' })).toHaveLength(10)
  })
})
