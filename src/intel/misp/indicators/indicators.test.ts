import { describe, expect, it } from 'vitest'
import { read } from '../../../../test/fixtures/feeds/reading.ts'
import { parseMisp } from '../../feed/misp.ts'
import { mispIndicators } from './indicators.ts'
import { mispRow } from './rows.ts'

const UUID = '5f0c7a4e-1c2d-4b3a-9e8f-001122334455'
const EVENT_UUID = '4bb588d6-03e5-476a-be88-0038bff580eb'
const MD5 = '0123456789abcdef0123456789abcdef'
const WEB = { provider: 'misp', webUrl: 'https://misp.example.org' }

/** As `/attributes/restSearch` gives it with context and event tags. */
const RAW = {
  id: '44',
  event_id: '30',
  type: 'domain|ip',
  category: 'Network activity',
  to_ids: true,
  uuid: UUID,
  comment: 'gate',
  deleted: false,
  first_seen: '2026-10-01T00:00:00.000000+00:00',
  last_seen: '2026-11-01T12:34:56.789012+02:00',
  value: 'Evil.com|198.51.100.7',
  Event: {
    id: '30',
    uuid: EVENT_UUID,
    info: 'A campaign',
    date: '2026-11-01',
    threat_level_id: '2',
    published: true,
    Tag: [{ name: 'tlp:green' }, { name: 'misp-galaxy:threat-actor="APT28"' }],
    Orgc: { id: '2', name: 'CERT' },
  },
  Tag: [
    { name: 'TLP:amber', local: false },
    { name: 'tlp:green', inherited: 1 },
    { name: 'misp-galaxy:threat-actor="APT28"', inherited: 1 },
    { name: 'tlp:AMBER', inherited: 1 },
  ],
}

function indicatorsOf(raw: unknown) {
  const row = mispRow(raw)
  return row === undefined ? undefined : mispIndicators(row, WEB)
}

describe('mispIndicators', () => {
  it('gives both halves of a composite with all context', () => {
    const said = {
      provider: 'misp',
      source: 'MISP event 30',
      ref: UUID,
      sourceType: 'domain|ip',
      composite: 'Evil.com|198.51.100.7',
      title: 'A campaign',
      event: '30',
      eventUuid: EVENT_UUID,
      eventDate: '2026-11-01',
      threatLevel: 'medium',
      organisation: 'CERT',
      category: 'Network activity',
      comment: 'gate',
      tags: ['TLP:amber', 'tlp:green', 'misp-galaxy:threat-actor="APT28"'],
      tlp: 'amber',
      threatActors: ['APT28'],
      firstSeen: Date.UTC(2026, 9),
      lastSeen: Date.UTC(2026, 10, 1, 10, 34, 56, 789),
      detection: true,
      link: `https://misp.example.org/events/view/${EVENT_UUID}/searchFor:${UUID}`,
    }
    expect(indicatorsOf(RAW)).toEqual([
      { type: 'domain', value: 'evil.com', ...said },
      { type: 'ipv4', value: '198.51.100.7', ...said },
    ])
  })

  it('says the same as a feed with this event, but for provider, source and link', async () => {
    const { Event: about, Tag: tags, ...attribute } = RAW
    const own = tags.filter((tag) => !('inherited' in tag))
    const feed = await read((maker) =>
      parseMisp({ Event: { ...about, Attribute: [{ ...attribute, Tag: own }] } }, maker),
    )
    const online = indicatorsOf(RAW)?.map((one) => ({
      ...one,
      provider: 'feed',
      source: 'list',
      link: undefined,
    }))
    expect(online).toEqual(feed.indicators)
    expect(online).toHaveLength(2)
  })

  it('needs only type, value and UUID', () => {
    expect(
      indicatorsOf({ type: 'ip-dst|port', value: '198.51.100.7|443', uuid: UUID, event_id: 30 }),
    ).toEqual([
      {
        type: 'ipv4',
        value: '198.51.100.7',
        provider: 'misp',
        source: 'MISP event 30',
        ref: UUID,
        sourceType: 'ip-dst|port',
        composite: '198.51.100.7|443',
        event: '30',
        tags: [],
        link: `https://misp.example.org/events/view/30/searchFor:${UUID}`,
      },
    ])
    expect(indicatorsOf({ type: 'md5', value: MD5.toUpperCase(), uuid: UUID })).toMatchObject([
      { value: MD5, source: 'MISP' },
    ])
  })

  it.each<[name: string, raw: object, values: readonly string[]]>([
    ['a network', { type: 'ip-src', value: '10.0.0.0/8' }, ['10.0.0.0/8']],
    ['a too wide network', { type: 'ip-src', value: '0.0.0.0/1' }, []],
    ['a too wide IPv6 network', { type: 'ip-src', value: '2000::/3' }, []],
    ['a text that is none of its type', { type: 'ip-dst', value: 'see comment' }, []],
    ['a type that identifies nothing', { type: 'comment', value: '198.51.100.7' }, []],
    ['a type of no MISP', { type: '__proto__', value: '198.51.100.7' }, []],
  ])('reads %s', (_name, raw, values) => {
    expect(indicatorsOf({ ...RAW, ...raw })?.map(({ value }) => value)).toEqual(values)
  })

  it('takes numbers for texts and bears wrong types and lengths', () => {
    const about = { id: 30, info: ['x'], date: 'soon', threat_level_id: 4, published: '0', Tag: {}, Orgc: [] }
    const tags = [null, { name: 5 }, ...Array.from({ length: 300 }, (_, index) => ({ name: `t${index}` }))]
    const odd = { first_seen: null, last_seen: 'never', comment: 'c'.repeat(5000), category: {}, to_ids: '0' }
    const [indicator] =
      indicatorsOf({ ...RAW, ...odd, type: 'domain', value: 'evil.com', id: 1, Event: about, Tag: tags }) ??
      []
    expect(indicator).toMatchObject({ event: '30', threatLevel: 'undefined', detection: false })
    expect(indicator?.comment).toHaveLength(1000)
    expect(indicator?.tags.length).toBeLessThanOrEqual(100)
    for (const key of ['title', 'eventDate', 'category', 'firstSeen', 'lastSeen', 'organisation'])
      expect(indicator).not.toHaveProperty(key)
  })
})

describe('mispRow', () => {
  it.each([null, 5, 'x', [], {}, { ...RAW, uuid: null }, { ...RAW, value: 7 }, { ...RAW, type: undefined }])(
    'refuses %o',
    (raw) => {
      expect(mispRow(raw)).toBeUndefined()
    },
  )

  it('keeps what the mirror needs: deleted, published, the tags of the event', () => {
    expect(mispRow({ ...RAW, deleted: '1' })).toMatchObject({
      id: '44',
      deleted: true,
      event: { published: true, threatLevelId: '2', tags: ['tlp:green', 'misp-galaxy:threat-actor="APT28"'] },
    })
  })
})
