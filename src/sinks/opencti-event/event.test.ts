import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertOf } from '../../../test/support/alerts.ts'
import { leavesOf } from '../../../test/support/leaves.ts'
import {
  BASE,
  byObservable,
  byPattern,
  byRelated,
  fullIndicator,
  fullObservable,
  indicatorOf,
  longForm,
  openCtiMatch,
  related,
  shortForm,
} from '../../../test/support/opencti-samples.ts'
import { sampleAlert } from '../../../test/support/sink-samples.ts'
import { isRecord, type JsonObject } from '../../core/json.ts'
import type { Match } from '../../core/match.ts'
import type { OpenCtiContext } from '../../core/opencti.ts'
import { MAX_EVENT_BYTES } from '../wazuh-event.ts'
import { openCtiEvents } from './event.ts'

const FORMAT = { integration: 'misp', maxIndicatorEvents: 3, maxObservableEvents: 3 }

function eventsOf(match: Match, maxBytes = MAX_EVENT_BYTES): readonly JsonObject[] {
  return openCtiEvents([match], { ...FORMAT, maxBytes }).map((line) => {
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(maxBytes)
    const event: unknown = JSON.parse(line)
    if (!isRecord(event)) throw new Error('no object')
    expect(leavesOf(event).length).toBeLessThanOrEqual(100)
    return event
  })
}

const containing = (items: readonly string[]) => expect.arrayContaining([...items]) as string[]

/** What analysisd takes as it is: no null, no empty text, no number beyond 32 bits. */
function isPlain(item: unknown): boolean {
  if (typeof item === 'number') return (item | 0) === item
  return typeof item === 'boolean' || (typeof item === 'string' && item !== '')
}

function only(match: Match): JsonObject {
  const [event, ...rest] = eventsOf(match)
  expect(rest).toEqual([])
  return event ?? {}
}

const link = `${BASE}/dashboard/observations/indicators/${fullIndicator.id}`
const source = { alert_id: '1773043200.4711', rule_id: '5710', srcip: '203.0.113.66' }
const tripline = {
  event: 'match',
  id: 'm-1',
  event_id: 'm-1/1',
  kind: 'exact',
  via: 'mirror',
  observable: { type: 'ipv4', value: '11.22.33.44', where: ['data.srcip'] },
  provider: 'cti',
  source: 'OpenCTI',
  ref: fullIndicator.standard_id,
  providers: ['cti'],
  indicators: '1',
  alert: {
    description: 'sshd: attempt to login',
    alert_id: '1773043200.4711',
    rule_id: '5710',
    rule_level: '5',
    agent_id: '007',
    agent_name: 'web-07',
    manager: 'wazuh-1',
    timestamp: '2026-03-09T08:00:00.123+0000',
    location: '/var/log/auth.log',
  },
  matched_at: '2026-03-09T08:00:01.000Z',
}

describe('a match by pattern', () => {
  it('has every key of the script, with its types, and what only Tripline knows', () => {
    expect(only(openCtiMatch([byPattern(fullIndicator)]))).toEqual({
      integration: 'opencti',
      opencti: {
        indicator: { type: 'Indicator', ...longForm },
        indicator_link: link,
        query_key: 'value',
        query_values: "[ipv4-addr:value = '11.22.33.44']",
        event_type: 'indicator_pattern_match',
        source,
      },
      tripline,
    })
  })

  it('of a part of what was seen is a partial one', () => {
    const { opencti } = only(openCtiMatch([byPattern(fullIndicator)], { kind: 'parent-domain' }))
    expect(opencti).toMatchObject({ event_type: 'indicator_partial_pattern_match' })
  })

  it('begins with the integration', () => {
    const [line] = openCtiEvents([openCtiMatch([byPattern(fullIndicator)])], FORMAT)
    expect(line).toMatch(/^\{"integration":"opencti","opencti":\{/)
  })

  it('leaves out what is not known; 0 and false stay', () => {
    const bare = { id: 'a', confidence: 0, x_opencti_score: 0, revoked: false, name: '', labels: [] }
    const match = openCtiMatch([byPattern(bare)])
    const [{ indicator: entry, ...rest }] = match.indicators
    const { link: _, ...unlinked } = entry
    const { opencti } = only({ ...match, indicators: [{ ...rest, indicator: unlinked }] })
    expect(opencti).toMatchObject({
      indicator: { type: 'Indicator', id: 'a', revoked: false, confidence: 0, x_opencti_score: 0 },
    })
    expect(Object.keys((opencti as JsonObject)['indicator'] as object)).toHaveLength(5)
    expect(opencti).not.toHaveProperty('indicator_link')
  })
})

describe('an observable', () => {
  it('with an indicator of its own has its keys at the root, and the short form of the indicator', () => {
    expect(only(openCtiMatch([byObservable(fullIndicator)]))).toEqual({
      integration: 'opencti',
      opencti: {
        ...fullObservable,
        query_key: 'value',
        query_values: '11.22.33.44',
        event_type: 'observable_with_indicator',
        observable_link: `${BASE}/dashboard/observations/observables/${fullObservable.id}`,
        indicator: shortForm,
        indicator_link: link,
        multipleIndicators: false,
        source,
      },
      tripline,
    })
  })

  it('with an indicator of a related object only', () => {
    expect(only(openCtiMatch([byRelated(fullIndicator)]))).toEqual({
      integration: 'opencti',
      opencti: {
        ...fullObservable,
        query_key: 'value',
        query_values: '11.22.33.44',
        event_type: 'observable_with_related_indicator',
        observable_link: `${BASE}/dashboard/observations/observables/${fullObservable.id}`,
        multipleIndicators: false,
        related: { ...related, indicator: shortForm, indicator_link: link, multipleIndicators: false },
        source,
      },
      tripline: { ...tripline, kind: 'related' },
    })
  })

  it('with both', () => {
    const { opencti } = only(
      openCtiMatch([
        byRelated(indicatorOf('r')),
        byObservable(indicatorOf('a', { x_opencti_score: 7 })),
        byObservable(indicatorOf('b')),
      ]),
    )
    expect(opencti).toMatchObject({
      event_type: 'observable_with_indicator',
      indicator: { id: 'a' },
      multipleIndicators: true,
      related: { indicator: { id: 'r' }, multipleIndicators: false },
    })
  })
})

describe('what was asked', () => {
  const alert = sampleAlert({
    groups: ['ids'],
    body: {
      data: {
        method: 'QUERY',
        dns: { question: { name: 'BAD.example.net' }, answers: [{ type: 'A', data: '11.22.33.44' }] },
      },
    },
  })
  const asked = {
    patterns:
      "[domain-name:value = 'BAD.example.net'];[hostname:value = 'BAD.example.net'];[ipv4-addr:value = '11.22.33.44']",
    values: 'BAD.example.net;11.22.33.44',
  }

  it('is all that the script would have looked up, when what matched is part of it', () => {
    for (const [type, value] of [
      ['ipv4', '11.22.33.44'],
      ['domain', 'bad.example.net'],
    ] as const) {
      const direct = only(openCtiMatch([byPattern(fullIndicator)], { alert, type, value }))
      expect(direct['opencti']).toMatchObject({ query_key: 'value', query_values: asked.patterns })
      const other = only(openCtiMatch([byObservable(fullIndicator)], { alert, type, value }))
      expect(other['opencti']).toMatchObject({ query_key: 'value', query_values: asked.values })
    }
  })

  it('is as the alert has it, whatever the case of what matched', () => {
    const value = 'a1'.repeat(32)
    const hashes = `MD5=0,SHA256=${value.toUpperCase()}`
    const body = { data: { win: { eventdata: { hashes } } } }
    const sysmon = sampleAlert({ groups: ['sysmon_eid1_detections'], body })
    const { opencti } = only(
      openCtiMatch([byPattern(fullIndicator)], { alert: sysmon, type: 'sha256', value }),
    )
    expect(opencti).toMatchObject({
      event_type: 'indicator_pattern_match',
      query_key: 'hashes.SHA256',
      query_values: `[file:hashes.'SHA-256' = '${value.toUpperCase()}']`,
    })
  })

  const md5 = '44d88612fea8a8f36de82e1278abb02f'
  it.each([
    ['md5', md5, 'hashes.MD5', `[file:hashes.MD5 = '${md5}']`],
    ['sha1', 'a1'.repeat(20), 'hashes.SHA-1', `[file:hashes.'SHA-1' = '${'a1'.repeat(20)}']`],
    ['sha256', 'a1'.repeat(32), 'hashes.SHA256', `[file:hashes.'SHA-256' = '${'a1'.repeat(32)}']`],
    ['sha512', 'a1'.repeat(64), 'hashes.SHA-512', `[file:hashes.'SHA-512' = '${'a1'.repeat(64)}']`],
    ['url', 'http://x.example/', 'value', "[url:value = 'http://x.example/']"],
    ['email', 'a@x.example', 'value', "[email-addr:value = 'a@x.example']"],
    ['ipv6', '2a00::1', 'value', "[ipv6-addr:value = '2a00::1']"],
  ] as const)(
    'is the %s itself, when the script would not have looked it up',
    (type, value, key, pattern) => {
      const direct = only(openCtiMatch([byPattern(fullIndicator)], { alert, type, value }))
      expect(direct['opencti']).toMatchObject({ query_key: key, query_values: pattern })
      const other = only(openCtiMatch([byObservable(fullIndicator)], { alert, type, value }))
      expect(other['opencti']).toMatchObject({ query_key: key, query_values: value })
    },
  )
})

describe('the limits of Wazuh', () => {
  const wide = '"'.repeat(50_000)
  const list = Array.from({ length: 100 }, () => wide) as [string, ...string[]]
  const widened = <T extends object>(object: T): T =>
    Object.fromEntries(
      Object.entries(object).map(([key, value]) => [
        key,
        Array.isArray(value)
          ? list
          : isRecord(value)
            ? widened(value)
            : typeof value === 'string'
              ? wide
              : value,
      ]),
    ) as T
  const names = 'in_iface srcintf src_ip srcip src_mac srcmac src_port srcport dest_ip dstip dst_mac dstmac'
  const more = 'dest_port dstport dstintf proto app_proto'
  const all = (keys: string) => Object.fromEntries(keys.split(' ').map((key) => [key, wide]))
  const alert = alertOf(
    {
      syscheck: all('path md5_after sha1_after sha256_after'),
      data: {
        ...all(`${names} ${more}`),
        win: { eventdata: all('queryName queryResults image') },
        audit: { execve: { a0: wide }, ...all('success key uid gid euid egid exe exit pid') },
        alert: all('action category signature signature_id'),
      },
    },
    { id: wide, ruleId: wide },
  )
  const contexts: readonly OpenCtiContext[] = [
    byPattern(widened(fullIndicator)),
    byObservable({ ...widened(fullIndicator), id: 'own' }, widened(fullObservable)),
    byRelated({ ...widened(fullIndicator), id: 'far' }, widened(related), widened(fullObservable)),
  ]
  const match = openCtiMatch(contexts as [OpenCtiContext, ...OpenCtiContext[]], {
    alert,
    type: 'url',
    value: wide,
    changes: { id: wide, stale: true, delayedSince: 1, repeats: 3 },
  })

  it.each([20_000, MAX_EVENT_BYTES])('are kept with every field at its longest: %i bytes', (maxBytes) => {
    const events = eventsOf(match, maxBytes)
    expect(events.map(({ opencti }) => (opencti as JsonObject)['event_type'])).toEqual([
      'indicator_pattern_match',
      'observable_with_indicator',
    ])
    const kept = ['opencti.indicator.name', 'opencti.source.rule_id', 'tripline.event', 'tripline.id']
    for (const event of events) expect(leavesOf(event).map(([path]) => path)).toEqual(containing(kept))
  })

  it('are reached by leaving out whole fields, the least needed first', () => {
    const plain = openCtiMatch([byPattern(fullIndicator)])
    const long = { ...plain, observable: { ...plain.observable, where: ['data.'.padEnd(200, 'x')] as const } }
    const size = Buffer.byteLength(openCtiEvents([long], FORMAT)[0] ?? '')
    const paths = (maxBytes: number) => leavesOf(eventsOf(long, maxBytes)[0]).map(([path]) => path)
    const everything = paths(size)
    const gone = (maxBytes: number) => everything.filter((path) => !paths(maxBytes).includes(path))
    expect(gone(size - 1)).toEqual(['tripline.observable.where'])
    expect(gone(size - 260)).toEqual(
      [
        'tripline.alert.location',
        'tripline.source',
        'tripline.providers',
        'tripline.observable.where',
      ].toSorted((a, b) => everything.indexOf(a) - everything.indexOf(b)),
    )
  })

  it('hold for whatever the platform or an alert says', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 })
    const number = fc.oneof(fc.double(), fc.integer(), fc.constant(2 ** 31))
    const texts = fc.array(text, { maxLength: 4 })
    const indicator = fc.record({
      id: text,
      name: text,
      pattern: text,
      valid_until: text,
      confidence: number,
      x_opencti_score: number,
      labels: texts,
      externalReferences: texts,
    })
    fc.assert(
      fc.property(indicator, text, number, fc.jsonValue(), (one, value, size, json) => {
        const body = {
          data: { srcip: value, src_port: size, dest_ip: json, alert: json, audit: json, dns: json },
        }
        const context = byObservable(one, { ...fullObservable, size, value, name: value })
        const [line = ''] = openCtiEvents([openCtiMatch([context], { alert: alertOf(body) })], FORMAT)
        expect(line).not.toMatch(/[\p{Cc}\u2028-\u202e]|(?<!\\)\\u/u)
        const items = leavesOf(JSON.parse(line)).flatMap(([, leaf]) => leaf)
        expect(items.filter((item) => !isPlain(item))).toEqual([])
      }),
    )
  })
})
