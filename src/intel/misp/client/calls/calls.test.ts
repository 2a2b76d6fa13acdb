import { describe, expect, it } from 'vitest'
import { AppError } from '../../../../core/errors.ts'
import type { AskMisp, MispAnswer, MispRequest } from './ask.ts'
import { eventIndex } from './event-index.ts'
import { isOlder, serverCalls } from './server.ts'
import { sightingCalls } from './sightings.ts'
import { warningListCalls } from './warning-lists.ts'

const never = new AbortController().signal
const UUID = '5f0c7a4e-1c2d-4b3a-9e8f-001122334455'
const AT = Date.UTC(2026, 10, 21, 21, 8, 50)
const DATE = { date: 'Sat, 21 Nov 2026 21:10:50 GMT' }

interface Scripted {
  readonly ask: AskMisp
  readonly asked: MispRequest[]
}

/** Answers by path, with an AppError where there is one. */
function scripted(
  answers: Readonly<Record<string, unknown>>,
  headers: Record<string, string> = {},
): Scripted {
  const asked: MispRequest[] = []
  const ask: AskMisp = async (request, read) => {
    asked.push(request)
    const json = answers[request.path]
    if (json instanceof AppError) throw json
    return read({ json, headers, at: AT } satisfies MispAnswer)
  }
  return { ask, asked }
}

const version = (json: unknown) => serverCalls(scripted({ '/servers/getVersion': json }).ask).version(never)
const me = (json: unknown, headers?: Record<string, string>) =>
  serverCalls(scripted({ '/users/view/me': json }, headers).ask).me(never)
const sighting = { uuid: UUID, attributeUuid: UUID, seenAt: 1_795_295_248, source: 's'.repeat(300) }
const bulk = (json: unknown) =>
  sightingCalls(scripted({ '/sightings/bulkSaveSightings/7': json }).ask).saveSightings(
    '7',
    [sighting],
    never,
  )
const add = (json: unknown) =>
  sightingCalls(scripted({ '/sightings/add': json }).ask).addSightings(
    { values: ['evil.com'], seenAt: 1, source: 's' },
    never,
  )

describe('version', () => {
  it('tells what the key may do', async () => {
    expect(await version({ version: '2.5.1', perm_sighting: true, filter_sightings: true })).toEqual({
      version: '2.5.1',
      maySight: true,
      sightingFilters: true,
    })
    expect(await version({ version: '2.4.142', perm_sighting: '0' })).toEqual({
      version: '2.4.142',
      maySight: false,
      sightingFilters: false,
    })
  })

  it('refuses what is too old, and what is no MISP', async () => {
    await expect(version({ version: '2.4.141' })).rejects.toMatchObject({
      code: 'PROVIDER_UNSUPPORTED',
      message: expect.stringContaining('2.4.141 is too old') as string,
    })
    for (const json of [null, [], {}, { version: 3 }, { version: 'x' }])
      await expect(version(json)).rejects.toMatchObject({ code: 'PROVIDER_MALFORMED' })
  })

  it.each([
    ['2.4.141', true],
    ['2.4.142', false],
    ['2.4.1420', false],
    ['2.5.1', false],
    ['2.3.200', true],
    ['3.0.0', false],
    ['2.4.141-rc1', true],
  ])('%s is older: %s', (own, older) => {
    expect(isOlder(own, '2.4.142')).toBe(older)
  })
})

describe('me', () => {
  const role = {
    name: 'User',
    perm_sighting: true,
    perm_sync: false,
    enforce_rate_limit: false,
    rate_limit_count: '0',
  }
  const person = { User: { email: 'analyst@org1.test' }, Role: role, Organisation: { name: 'ORGNAME' } }

  it('tells who the key belongs to and what it may do', async () => {
    const headers = { ...DATE, 'x-auth-key-expiration': '2030-01-01T00:00:00+00:00' }
    expect(await me(person, headers)).toEqual({
      email: 'analyst@org1.test',
      organisation: 'ORGNAME',
      role: 'User',
      maySight: true,
      maySync: false,
      keyExpires: Date.UTC(2030, 0),
      clockSkew: 120_500,
    })
  })

  it.each<[name: string, role: object, expected: object]>([
    ['a limit', { enforce_rate_limit: true, rate_limit_count: '20' }, { rateLimit: 20 }],
    ['a limit of 0', { enforce_rate_limit: '1', rate_limit_count: 0 }, { rateLimit: 0 }],
    ['a cap of rows', { restsearch_limit_result: '1000' }, { resultLimit: 1000 }],
  ])('tells of %s', async (_name, more, expected) => {
    expect(await me({ ...person, Role: { ...role, ...more } })).toMatchObject(expected)
  })

  it('bears absent parts, but not another answer', async () => {
    expect(await me({ User: {} })).toEqual({})
    expect(await me({ ...person, Role: { ...role, restsearch_limit_result: null } })).not.toHaveProperty(
      'resultLimit',
    )
    await expect(me({ message: 'x' })).rejects.toMatchObject({ code: 'PROVIDER_MALFORMED' })
  })
})

describe('heartbeat', () => {
  it('is asked without the key', async () => {
    const { ask, asked } = scripted({ '/users/heartbeat': { message: 'x' } })
    await serverCalls(ask).heartbeat(never)
    expect(asked).toMatchObject([{ anonymous: true }])
  })
})

describe('eventIndex', () => {
  const entry = { id: '1', uuid: UUID, timestamp: '1795295248', published: true }

  it('gives the events and the time of the server', async () => {
    const { ask, asked } = scripted(
      { '/events/index': [entry, { ...entry, id: 2, published: 0, timestamp: 5 }] },
      DATE,
    )
    expect(await eventIndex(ask)({ publishedSince: 1_795_295_000 }, never)).toEqual({
      events: [
        { id: '1', uuid: UUID, timestamp: 1_795_295_248, published: true },
        { id: '2', uuid: UUID, timestamp: 5, published: false },
      ],
      serverTime: AT + 120_500,
    })
    expect(asked[0]?.json).toEqual({ minimal: 1, publish_timestamp: 1_795_295_000 })
  })

  it('leaves out what has no identity only', async () => {
    const { ask, asked } = scripted({
      '/events/index': [null, { id: '1' }, { id: '3', uuid: UUID, timestamp: null }],
    })
    expect(await eventIndex(ask)({}, never)).toEqual({
      events: [{ id: '3', uuid: UUID, timestamp: 0, published: false }],
    })
    expect(asked[0]?.json).toEqual({ minimal: 1 })
    await expect(eventIndex(scripted({ '/events/index': {} }).ask)({}, never)).rejects.toMatchObject({
      code: 'PROVIDER_MALFORMED',
    })
  })
})

describe('warning-lists', () => {
  const list = {
    name: 'RFC 1918',
    type: 'cidr',
    version: 5,
    list: ['10.0.0.0/8'],
    matching_attributes: ['ip-src'],
  }
  const refused = new AppError('PROVIDER_REFUSED', 'x')

  it('are those that are enabled', async () => {
    const head = { id: '61', name: 'A', version: '5', warninglist_entry_count: '3', enabled: true }
    const Warninglists = [{ Warninglist: head }, { Warninglist: { ...head, enabled: false } }]
    const { ask, asked } = scripted({ '/warninglists/index': { Warninglists } })
    const heads = await warningListCalls(ask).warningLists(never)
    expect(heads).toEqual([{ id: '61', name: 'A', version: '5', entries: 3 }])
    expect(asked[0]?.json).toEqual({ enabled: 1 })
  })

  it('come as exported', async () => {
    expect(
      await warningListCalls(scripted({ '/warninglists/export/61': list }).ask).warningList('61', never),
    ).toEqual(list)
  })

  it('come in the same shape from a server that exports none', async () => {
    const Warninglist = {
      name: 'RFC 1918',
      type: 'cidr',
      version: 5,
      WarninglistEntry: [{ id: '1', value: '10.0.0.0/8', comment: null }],
      WarninglistType: [{ id: '1', type: 'ip-src' }],
    }
    const { ask } = scripted({ '/warninglists/export/61': refused, '/warninglists/view/61': { Warninglist } })
    expect(await warningListCalls(ask).warningList('61', never)).toEqual(list)
  })

  it('are asked for once more only where that may help', async () => {
    const down = new AppError('PROVIDER_UNREACHABLE', 'x')
    const { ask, asked } = scripted({ '/warninglists/export/61': down })
    await expect(warningListCalls(ask).warningList('61', never)).rejects.toBe(down)
    expect(asked).toHaveLength(1)
    await expect(warningListCalls(ask).warningList('../users', never)).rejects.toMatchObject({
      code: 'INTERNAL',
    })
    expect(asked).toHaveLength(1)
  })
})

describe('sightings', () => {
  it('carry what MISP needs, the source within its column', async () => {
    const { ask, asked } = scripted({
      '/sightings/bulkSaveSightings/7': { saved: true, success: '1 sightings added.' },
      '/sightings/add': { message: 'x' },
    })
    const calls = sightingCalls(ask)
    await calls.saveSightings('7', [sighting], never)
    await calls.addSightings({ values: ['evil.com'], seenAt: 5, source: 's' }, never)
    const source = `${'s'.repeat(254)}…`
    expect(asked.map(({ json }) => json)).toEqual([
      [{ uuid: UUID, attribute_uuid: UUID, date_sighting: 1_795_295_248, type: '0', source }],
      { values: ['evil.com'], type: '0', timestamp: 5, source: 's', filters: { to_ids: 1, published: 1 } },
    ])
  })

  it('are saved, known already, or refused', async () => {
    expect(await bulk({ saved: true, success: '3 sightings added.' })).toEqual({ kind: 'saved', count: 3 })
    expect(await bulk({ saved: false, success: 'No sightings added.' })).toEqual({ kind: 'saved', count: 0 })
    expect(await bulk({ saved: true })).toEqual({ kind: 'saved' })
    expect(await add({ Sighting: { id: '4' } })).toEqual({ kind: 'saved' })
    const message = 'Could not add the Sighting. Reason: No valid attributes found that match the criteria.'
    expect(await add({ message })).toEqual({ kind: 'refused', message })
    for (const json of [null, [], { Sighting: [] }])
      await expect(add(json)).rejects.toMatchObject({ code: 'PROVIDER_MALFORMED' })
  })

  it.each([
    [[]],
    [['']],
    [[' ']],
    [['evil.com', '!x']],
    [['%evil.com']],
    [['evil.com%']],
    [Array<string>(51).fill('a')],
  ])('are never sent for %o', async (values) => {
    const { ask, asked } = scripted({})
    const sent = sightingCalls(ask).addSightings({ values, seenAt: 1, source: 's' }, never)
    await expect(sent).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(asked).toEqual([])
  })

  it('are never sent for an event that is none', async () => {
    const { ask, asked } = scripted({})
    for (const event of ['', '7/../8', 'x'])
      await expect(sightingCalls(ask).saveSightings(event, [sighting], never)).rejects.toMatchObject({
        code: 'INTERNAL',
      })
    expect(asked).toEqual([])
  })
})
