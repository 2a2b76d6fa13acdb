import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/core/errors.ts'
import type { HttpAnswer } from '../../src/intel/http/client.ts'
import { readAnswer } from '../../src/intel/misp/client/answers.ts'
import type { AttributePage } from '../../src/intel/misp/api.ts'
import type { AskMisp } from '../../src/intel/misp/client/calls/ask.ts'
import { eventIndex } from '../../src/intel/misp/client/calls/event-index.ts'
import { searchAttributes } from '../../src/intel/misp/client/calls/search.ts'
import { serverCalls } from '../../src/intel/misp/client/calls/server.ts'
import { sightingCalls } from '../../src/intel/misp/client/calls/sightings.ts'
import { warningListCalls } from '../../src/intel/misp/client/calls/warning-lists.ts'
import { mispIndicators } from '../../src/intel/misp/indicators/indicators.ts'

/** Exchanges of a real MISP 2.5.1. */
const DATA = join(import.meta.dirname, '../../../shared/data/misp-recorded')
const present = existsSync(DATA)
const never = new AbortController().signal

interface Exchange {
  readonly request: { readonly method: string; readonly path: string; readonly body: string | null }
  readonly response: {
    readonly status: number
    readonly headers: readonly (readonly [string, string])[]
    readonly body: string
    readonly body_meta?: { readonly truncated?: boolean }
  }
}

const names = present ? readdirSync(DATA).filter((name) => name.includes('__')) : []

function exchangeOf(name: string): Exchange {
  return JSON.parse(readFileSync(join(DATA, name), 'utf8')) as Exchange
}

function answerOf({ response: { status, headers, body } }: Exchange): HttpAnswer {
  const pairs = headers.map(([name, value]) => [name.toLowerCase(), value])
  return { status, headers: Object.fromEntries(pairs) as Record<string, string>, body, ms: 0 }
}

/** Asks nobody: what was recorded is the answer. */
function asking(name: string): AskMisp {
  return async (_request, read) => {
    const answer = answerOf(exchangeOf(`${name}.json`))
    return read({ json: readAnswer(answer), headers: answer.headers, at: 0 })
  }
}

function search(name: string, limit = 5000): Promise<AttributePage> {
  return searchAttributes(asking(name))({ values: ['x'], limit }, never)
}

async function kindOf(name: string): Promise<string> {
  const request = { values: ['x1'], seenAt: 1, source: 's' }
  return (await sightingCalls(asking(name)).addSightings(request, never)).kind
}

function codeOf(answer: HttpAnswer): string {
  try {
    readAnswer(answer)
    return 'ok'
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
}

it('has a recorded MISP beside the checkout', (context) => {
  context.skip(!present, 'the folder shared/data/misp-recorded is absent: nothing recorded is tried')
  expect(names.length).toBeGreaterThan(600)
})

describe.skipIf(!present)('a recorded MISP', () => {
  it('is understood in every answer to a search', async () => {
    const searches = names.filter((name) => {
      const { request, response } = exchangeOf(name)
      const isJson = response.headers.some(
        ([key, value]) => /content-type/i.test(key) && value.includes('json'),
      )
      const whole = response.body_meta?.truncated !== true && response.body.includes('"Attribute"')
      return request.path.startsWith('/attributes/restSearch') && response.status === 200 && isJson && whole
    })
    expect(searches.length).toBeGreaterThan(350)
    const lost: string[] = []
    for (const name of searches) {
      const { rows, malformed } = await search(name.replace('.json', ''))
      if (malformed > 0) lost.push(name)
      for (const row of rows) mispIndicators(row, { provider: 'misp', webUrl: 'https://misp.example.org' })
    }
    expect(lost).toEqual([])
  })

  it('gives each other answer one of the codes', () => {
    const codes = new Map<string, Set<string>>()
    for (const name of names) {
      const exchange = exchangeOf(name)
      if (exchange.response.body_meta?.truncated === true && exchange.response.status === 200) continue
      const answer = answerOf(exchange)
      const { message } = /"message":\s*"(?<message>[^"]{0,40})/.exec(answer.body)?.groups ?? {}
      const key = answer.status < 400 ? String(answer.status) : `${answer.status} ${message ?? 'page'}`
      codes.set(key, (codes.get(key) ?? new Set()).add(codeOf(answer)))
    }
    const table = Object.fromEntries([...codes].map(([key, found]) => [key, [...found].toSorted().join()]))
    expect(table).toMatchObject({
      200: expect.stringContaining('ok') as string,
      302: 'PROVIDER_UNREACHABLE',
      '403 Authentication failed. Please make sure ': 'PROVIDER_REFUSED',
      '403 Authentication failed. Your user account': 'PROVIDER_REFUSED',
      '403 It is not possible to use this Auth key ': 'PROVIDER_REFUSED',
      '403 You do not have permission to use this f': 'PROVIDER_REFUSED',
      '404 Not Found': 'PROVIDER_UNSUPPORTED',
      '405 API searches are not allowed for this us': 'PROVIDER_REFUSED',
      '429 Rate limit exceeded.': 'PROVIDER_THROTTLED',
      '500 An Internal Error Has Occurred.': 'PROVIDER_OVERLOADED',
    })
    expect(Object.values(table).filter((found) => found.includes('INTERNAL'))).toEqual([])
  })

  it.each<[name: string, limit: number, rows: number, more: boolean]>([
    ['paging__limit5_page1', 5, 5, true],
    ['paging__limit5_page2', 5, 5, true],
    ['paging__limit5_page3', 5, 2, false],
    ['paging__limit5_page4', 5, 0, false],
    ['paging__limit12_exact_total', 12, 12, true],
    ['paging__limit13', 13, 12, false],
    ['paging__limit4_page3_exact', 4, 4, true],
    ['paging__limit4_page4_past_end', 4, 0, false],
    ['paging__all_limit50_page3', 50, 43, false],
    ['paging__db100k_limit1000_page50', 1000, 0, false],
    ['include__wl_enforce_mixed_limit3_page1', 3, 0, true],
  ])('tells at %s whether there is more', async (name, limit, rows, more) => {
    const page = await search(name, limit)
    expect([page.rows.length, page.more]).toEqual([rows, more])
  })

  it('says all there is about an attribute', async () => {
    const { rows } = await search('include__event_tags_context_ip')
    const [first] = rows.flatMap((row) => mispIndicators(row, { provider: 'misp', webUrl: 'https://m' }))
    expect(first).toEqual({
      type: 'ipv4',
      value: '198.51.100.7',
      provider: 'misp',
      source: 'MISP event 1',
      ref: 'ba3a8d09-30df-4c51-b68b-47bcd7c1a2d4',
      sourceType: 'ip-dst',
      title: 'Interop 1: many attribute types (published, all communities)',
      event: '1',
      eventUuid: '4bb588d6-03e5-476a-be88-0038bff580eb',
      eventDate: '2026-11-01',
      threatLevel: 'medium',
      organisation: 'ORGNAME',
      category: 'Network activity',
      comment: 'C2 server',
      tags: [
        'tlp:amber',
        'admiralty-scale:source-reliability="b"',
        'type:OSINT',
        'misp-galaxy:threat-actor="APT28"',
        'misp-galaxy:mitre-attack-pattern="Phishing - T1566"',
        'custom:tag with spaces and ünicode',
      ],
      tlp: 'amber',
      threatActors: ['APT28'],
      firstSeen: Date.UTC(2026, 9),
      lastSeen: Date.UTC(2026, 10, 1, 12, 34, 56),
      detection: true,
      link: 'https://m/events/view/4bb588d6-03e5-476a-be88-0038bff580eb/searchFor:ba3a8d09-30df-4c51-b68b-47bcd7c1a2d4',
    })
  })

  it('tells its version, its users, its events and its warning-lists', async () => {
    expect(await serverCalls(asking('meta__getVersion_user')).version(never)).toEqual({
      version: '2.5.1',
      maySight: true,
      sightingFilters: true,
    })
    expect(await serverCalls(asking('meta__getVersion_readonly_role')).version(never)).toMatchObject({
      maySight: false,
    })
    expect(await serverCalls(asking('meta__view_me_expiring_key')).me(never)).toMatchObject({
      email: 'analyst@org1.test',
      organisation: 'ORGNAME',
      role: 'User',
      keyExpires: Date.UTC(2030, 0),
    })
    await serverCalls(asking('meta__heartbeat_no_auth')).heartbeat(never)
    const index = await eventIndex(asking('events__index_post_minimal'))({}, never)
    expect(index.events.map(({ id, published }) => [id, published])).toEqual([
      ['1', true],
      ['2', false],
      ['3', true],
    ])
    expect(index.serverTime).toBeGreaterThan(Date.UTC(2026, 10, 21))
    const lists = warningListCalls(asking('warninglists__index_enabled'))
    expect(await lists.warningLists(never)).toContainEqual({
      id: '86',
      name: 'List of known Zscaler IP address ranges',
      version: '20240422',
      entries: 66,
      default: true,
      category: 'false_positive',
    })
    expect(await warningListCalls(asking('warninglists__view_small')).warningList('61', never)).toMatchObject(
      {
        name: 'List of RFC 1918 CIDR blocks',
        type: 'cidr',
        list: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
        matching_attributes: expect.arrayContaining(['ip-src', 'domain|ip']) as string[],
      },
    )
  })

  it('takes sightings and refuses them', async () => {
    expect(await kindOf('sightings__filters_param')).toBe('saved')
    expect(await kindOf('sightings__filters_199_unknown_values')).toBe('refused')
    await expect(kindOf('auth__readonly_key_sighting')).rejects.toMatchObject({ code: 'PROVIDER_REFUSED' })
  })
})
