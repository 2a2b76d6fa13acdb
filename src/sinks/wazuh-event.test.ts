import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { leavesOf } from '../../test/support/leaves.ts'
import { everything, sampleAlert, sampleIndicator, sampleMatch } from '../../test/support/sink-samples.ts'
import { isRecord } from '../core/json.ts'
import type { Match } from '../core/match.ts'
import type { Notice } from '../core/ports.ts'
import { MAX_EVENT_BYTES, wazuhEvent, wazuhNoticeEvent } from './wazuh-event.ts'

const MISP = { integration: 'misp' } as const

function event(match: Match, maxBytes = MAX_EVENT_BYTES): Record<string, unknown> {
  const line = wazuhEvent(match, { ...MISP, maxBytes })
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(maxBytes)
  const parsed: unknown = JSON.parse(line)
  if (!isRecord(parsed)) throw new Error('no object')
  return { ...parsed }
}

const full = sampleMatch({
  kind: 'cidr',
  stale: true,
  delayedSince: Date.UTC(2026, 2, 9, 7, 50),
  repeats: 3,
  indicators: [
    { indicator: everything, kind: 'cidr', warnings: ['Hosting'] },
    { indicator: sampleIndicator(), kind: 'exact' },
  ],
})

describe('a match as an event', () => {
  it('has the known keys, further context and what leads back to the alert', () => {
    expect(event(full)).toEqual({
      integration: 'misp',
      misp: {
        event_id: '1201',
        category: 'Network activity',
        value: '203.0.113.0/24',
        type: 'ip-dst|port',
        composite: '203.0.113.66|443',
        comment: 'seen in March',
        uuid: '5f6c2b1e-0000-4000-8000-000000000001',
        event_uuid: '5f6c2b1e-0000-4000-8000-0000000004b1',
        event_info: 'Emotet C2',
        event_date: '2026-03-01',
        threat_level: 'high',
        org: 'CERT Example',
        tags: ['tlp:amber', 'malware:emotet'],
        tlp: 'amber+strict',
        threat_actors: ['TA542', 'Mealybug'],
        malware: ['Emotet'],
        first_seen: '2026-03-01T00:00:00.000Z',
        last_seen: '2026-03-08T12:00:00.000Z',
        permalink: 'https://misp.example/events/view/1201',
        source: {
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
      },
      tripline: {
        event: 'match',
        id: 'm-1',
        event_id: 'm-1/0',
        kind: 'cidr',
        via: 'mirror',
        observable: { type: 'ipv4', value: '203.0.113.66', where: ['data.srcip'] },
        provider: 'misp-main',
        source: 'event 1201',
        ref: '5f6c2b1e-0000-4000-8000-000000000001',
        providers: ['misp-main', 'lists'],
        indicators: '2',
        score: '85',
        confidence: '70',
        warning_lists: ['Hosting'],
        matched_at: '2026-03-09T08:00:01.000Z',
        stale: 'true',
        delayed: 'true',
        seen_at: '2026-03-09T07:50:00.000Z',
        repeats: '3',
      },
    })
  })

  it('begins with the integration, as analysisd and its rules want it', () => {
    expect(wazuhEvent(full, MISP)).toMatch(/^\{"integration":"misp","misp":\{"event_id"/)
    expect(wazuhEvent(full, { integration: 'intel' })).toMatch(/^\{"integration":"intel","misp":/)
  })

  it('leaves out what is not known, but never the category: without one it counts as no match', () => {
    const { misp, tripline } = event(sampleMatch())
    expect(misp).toMatchObject({ category: 'Other', value: '203.0.113.66', type: 'ip-dst' })
    expect(misp).not.toHaveProperty('event_id')
    expect(misp).not.toHaveProperty('uuid')
    expect(misp).not.toHaveProperty('source.node')
    expect(Object.keys(tripline as object)).toEqual(
      expect.not.arrayContaining(['stale', 'delayed', 'seen_at', 'repeats', 'warning_lists']),
    )
    const empty = sampleIndicator({ category: '', sourceType: '', comment: '' })
    const { misp: bare } = event(sampleMatch({ indicators: [{ indicator: empty, kind: 'exact' }] }))
    expect(bare).toMatchObject({ category: 'Other', type: 'ipv4' })
    expect(bare).not.toHaveProperty('comment')
  })

  it('shows the first indicator that counts in full', () => {
    const held = { indicator: everything, kind: 'exact', heldBy: 'expired' } as const
    const { tripline } = event(
      sampleMatch({ indicators: [held, { indicator: sampleIndicator(), kind: 'exact' }] }),
    )
    expect(tripline).toMatchObject({ provider: 'lists', indicators: '2' })
    expect(event(sampleMatch({ indicators: [held] }))['tripline']).toMatchObject({
      provider: 'misp-main',
      held_by: 'expired',
    })
  })
})

describe('the limits of Wazuh', () => {
  it('are kept with every field at its longest', () => {
    const wide = '"'.repeat(100_000)
    const list = Array.from({ length: 100 }, () => wide) as [string, ...string[]]
    const indicator = {
      ...everything,
      value: wide,
      composite: wide,
      sourceType: wide,
      title: wide,
      link: wide,
    }
    const more = { comment: wide, tags: list, threatActors: list, malware: list, organisation: wide }
    const alert = sampleAlert({
      id: wide,
      location: wide,
      agent: { id: wide, name: wide },
      body: { rule: { description: wide } },
    })
    const match = sampleMatch({
      id: wide,
      alert,
      observable: { type: 'url', value: wide, where: list },
      indicators: [{ indicator: { ...indicator, ...more }, kind: 'exact', warnings: list }],
    })
    const whole = event(match)
    expect(leavesOf(whole).length).toBeLessThanOrEqual(60)
    expect(leavesOf(whole).find(([path]) => path === 'tripline.warning_lists')).toBeDefined()

    const short = event(match, 20_000)
    expect(short['misp']).toMatchObject({
      event_id: '1201',
      category: 'Network activity',
      source: { rule_id: expect.any(String) as string },
    })
    expect(short['tripline']).toMatchObject({ event: 'match', kind: 'exact' })
    for (const key of ['tags', 'threat_actors', 'comment']) expect(short['misp']).not.toHaveProperty(key)
  })

  it('are reached by leaving out whole fields, the least needed first', () => {
    const comment = 'c'.repeat(1024)
    const match = sampleMatch({
      indicators: [{ indicator: { ...everything, comment }, kind: 'exact', warnings: ['w'.repeat(100)] }],
    })
    const size = Buffer.byteLength(wazuhEvent(match, MISP))
    const paths = (maxBytes: number) => leavesOf(event(match, maxBytes)).map(([path]) => path)
    const all = paths(size)
    expect(all.filter((path) => !paths(size - 1).includes(path))).toEqual(['tripline.warning_lists'])
    expect(all.filter((path) => !paths(size - 1000).includes(path))).toEqual(
      [
        'misp.comment',
        'misp.tags',
        'misp.threat_actors',
        'misp.malware',
        'tripline.observable.where',
        'tripline.warning_lists',
      ].toSorted((a, b) => all.indexOf(a) - all.indexOf(b)),
    )
  })

  it('hold for whatever a provider or an alert says', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 })
    const indicator = fc.record({ title: text, comment: text, event: text, category: text, value: text })
    fc.assert(
      fc.property(indicator, text, fc.array(text), (changes, name, tags) => {
        const alert = sampleAlert({
          id: name,
          agent: { id: name, name },
          body: { rule: { description: name } },
        })
        const one = { ...everything, ...changes, tags }
        const line = wazuhEvent(sampleMatch({ alert, indicators: [{ indicator: one, kind: 'exact' }] }), MISP)
        // Nothing that ends a text for analysisd (U+0000), or makes its parser refuse the event (half a pair).
        expect(line).not.toMatch(/[\p{Cc}\u2028-\u202e]|(?<!\\)\\u/u)
        const leaves = leavesOf(JSON.parse(line))
        expect(leaves.every(([, leaf]) => typeof leaf === 'string' || Array.isArray(leaf))).toBe(true)
        for (const [, leaf] of leaves) for (const item of [leaf].flat()) expect(item).toMatch(/^.+$/su)
      }),
    )
  })

  it('keep a text that reads as a list from becoming one', () => {
    const indicator = sampleIndicator({ title: '[{"a":1}]', comment: '[OSINT] list' })
    const { misp } = event(sampleMatch({ indicators: [{ indicator, kind: 'exact' }] }))
    expect(misp).toMatchObject({ event_info: ' [{"a":1}]', comment: '[OSINT] list' })
  })
})

describe('a trouble with a provider as an event', () => {
  const failing: Notice = {
    provider: 'misp-main',
    kind: 'failing',
    code: 'PROVIDER_UNREACHABLE',
    message: 'MISP cannot be reached',
    at: Date.UTC(2026, 2, 9, 8),
  }

  it('is an error of the integration, with a code and who it is about', () => {
    expect(JSON.parse(wazuhNoticeEvent(failing, MISP))).toEqual({
      integration: 'misp',
      misp: { error: 'MISP cannot be reached', code: 'PROVIDER_UNREACHABLE', provider: 'misp-main' },
      tripline: { event: 'failing', provider: 'misp-main', at: '2026-03-09T08:00:00.000Z' },
    })
    expect(JSON.parse(wazuhNoticeEvent({ ...failing, message: '' }, MISP))).toMatchObject({
      misp: { error: 'PROVIDER_UNREACHABLE' },
    })
  })

  it('is no error and no match any more when it is over', () => {
    const over = { ...failing, kind: 'recovered', message: 'MISP answers again' } as const
    expect(JSON.parse(wazuhNoticeEvent(over, MISP))).toEqual({
      integration: 'tripline',
      tripline: {
        event: 'recovered',
        provider: 'misp-main',
        at: '2026-03-09T08:00:00.000Z',
        code: 'PROVIDER_UNREACHABLE',
        message: 'MISP answers again',
      },
    })
  })
})
