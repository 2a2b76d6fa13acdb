import { describe, expect, it } from 'vitest'
import { read, type EntryInput, type Reading } from '../../../test/fixtures/feeds/reading.ts'
import { parseMisp } from './misp.ts'

const MD5 = '0123456789abcdef0123456789abcdef'
const UUID = '5f0c7a4e-1c2d-4b3a-9e8f-001122334455'

function readMisp(root: unknown, settings: EntryInput = {}): Promise<Reading> {
  return read((maker) => parseMisp(root, maker), settings)
}

function event(attributes: unknown, more: object = {}): unknown {
  return { Event: { id: '7', uuid: UUID, info: 'A campaign', Attribute: attributes, ...more } }
}

describe('parseMisp', () => {
  it.each<[type: string, value: string, found: readonly string[]]>([
    ['ip-src', '198.51.100.7', ['ipv4 198.51.100.7']],
    ['ip-dst', '198.51.100.0/24', ['ipv4 198.51.100.0/24']],
    ['ip-dst|port', '198.51.100.7|443', ['ipv4 198.51.100.7']],
    ['ip-src|port', '2001:db8::1|443', ['ipv6 2001:db8::1']],
    ['ip-dst|port', '198.51.100.7:443', ['ipv4 198.51.100.7']],
    ['domain', 'EVIL.com', ['domain evil.com']],
    ['hostname|port', 'c2.evil.com|8080', ['domain c2.evil.com']],
    ['domain|ip', 'evil.com|198.51.100.7', ['domain evil.com', 'ipv4 198.51.100.7']],
    ['url', 'hxxp://evil[.]com/a', ['url http://evil.com/a']],
    ['email-src', 'a@evil.com', ['email a@evil.com']],
    ['md5', MD5.toUpperCase(), [`md5 ${MD5}`]],
    ['filename|md5', `a|b.exe|${MD5}`, [`md5 ${MD5}`]],
    ['malware-sample', `a.exe|${MD5}`, [`md5 ${MD5}`]],
  ])('%s %s', async (type, value, found) => {
    const { values, indicators, report } = await readMisp(event([{ type, value, uuid: UUID }]))
    expect(values).toEqual(found)
    expect(report.skipped).toEqual({})
    const composite = type.includes('|') || type === 'malware-sample' ? value : undefined
    expect(indicators.map((one) => one.composite)).toEqual(found.map(() => composite))
  })

  it.each([
    'filename',
    'comment',
    'link',
    'imphash',
    'ja3-fingerprint-md5',
    'sha224',
    'target-email',
    '__proto__',
  ])('leaves out %s, by type', async (type) => {
    const { values, report } = await readMisp(event([{ type, value: MD5 }]))
    expect(values).toEqual([])
    expect(report.skipped).toEqual({ unsupported_type: 1 })
    expect(report.samples).toEqual([])
  })

  it('keeps the context', async () => {
    const attribute = {
      type: 'ip-dst|port',
      value: '198.51.100.7|443',
      uuid: UUID,
      category: 'Network activity',
      comment: 'gate',
      to_ids: true,
      last_seen: '2020-01-01T00:00:00Z',
      Tag: [{ name: 'tlp:amber' }, { name: 'c2' }, { colour: '#fff' }],
    }
    const about = {
      Tag: [{ name: 'tlp:white' }, { name: 'C2' }, { name: 'misp-galaxy:threat-actor="APT28"' }],
      Orgc: { name: 'CERT' },
      date: '2026-03-01',
      threat_level_id: 1,
      published: false,
    }
    const { indicators } = await readMisp(event([attribute], about))
    expect(indicators).toEqual([
      {
        type: 'ipv4',
        value: '198.51.100.7',
        provider: 'feed',
        source: 'list',
        ref: UUID,
        sourceType: 'ip-dst|port',
        composite: '198.51.100.7|443',
        title: 'A campaign',
        event: '7',
        eventUuid: UUID,
        eventDate: '2026-03-01',
        threatLevel: 'high',
        organisation: 'CERT',
        category: 'Network activity',
        comment: 'gate',
        tags: ['tlp:amber', 'c2', 'tlp:white', 'misp-galaxy:threat-actor="APT28"'],
        threatActors: ['APT28'],
        lastSeen: Date.UTC(2020, 0),
        tlp: 'amber',
        detection: true,
      },
    ])
  })

  it('leaves out what is deleted', async () => {
    const gone = { type: 'domain', value: 'gone.com', deleted: true }
    const kept = { type: 'domain', value: 'kept.com', deleted: '0', to_ids: '1' }
    const { values, indicators } = await readMisp(
      event([gone, kept], { Object: [{ deleted: true, Attribute: [kept] }, { Attribute: [gone, kept] }] }),
    )
    expect(values).toEqual(['domain kept.com', 'domain kept.com'])
    expect(indicators[0]?.detection).toBe(true)
  })

  const one = { type: 'domain', value: 'evil.com' }
  it.each<[shape: string, root: unknown, values: number]>([
    ['an event', { Event: { Attribute: [one] } }, 1],
    ['a bare event', { info: 'x', Attribute: [one] }, 1],
    [
      'a search for events',
      { response: [{ Event: { Attribute: [one] } }, { Event: { Attribute: [one] } }] },
      2,
    ],
    [
      'a search for attributes',
      { response: { Attribute: [{ ...one, Event: { id: 9, info: 'Its own' } }] } },
      1,
    ],
    ['a list', [{ Event: { Attribute: [one] } }], 1],
    ['an event without attributes', { Event: { info: 'x' } }, 0],
    ['nothing found', { response: [] }, 0],
  ])('reads %s', async (_shape, root, values) => {
    expect((await readMisp(root)).values).toHaveLength(values)
  })

  it('takes the event that a found attribute carries', async () => {
    const root = { response: { Attribute: [{ ...one, Event: { id: 9, info: 'Its own' } }] } }
    expect((await readMisp(root)).indicators[0]).toMatchObject({ event: '9', title: 'Its own' })
  })

  it.each<[string, unknown]>([
    ['a text', 'Event'],
    ['null', null],
    ['something else', { errors: [] }],
    ['a list of others', [1, { a: 1 }]],
    ['an event that is a list of numbers', { Event: [1] }],
    ['wrappers without end', { response: { response: { response: { response: { response: {} } } } } }],
  ])('refuses %s', async (_name, root) => {
    await expect(readMisp(root)).rejects.toMatchObject({ code: 'FEED_MALFORMED' })
  })

  it('bears wrong types everywhere and says where', async () => {
    const { values, report, indicators } = await readMisp(
      event(
        [
          null,
          1,
          'x',
          [],
          {},
          { type: 1, value: 'evil.com' },
          { type: 'domain', value: {} },
          { type: 'domain', value: 'no' },
          {
            ...one,
            uuid: {},
            category: [],
            comment: 5,
            to_ids: 'maybe',
            deleted: 'perhaps',
            Tag: 'tlp:red',
            Event: 'x',
          },
        ],
        {
          info: ['x'],
          Tag: {},
          Object: [null, 5, { Attribute: 'x' }, { Attribute: [{ ...one, comment: 'c'.repeat(9999) }] }],
        },
      ),
    )
    expect(values).toEqual(['domain evil.com', 'domain evil.com'])
    expect(report.skipped).toEqual({ malformed: 7, not_a_value: 1 })
    expect(report.samples[0]).toEqual({ at: 'Event.Attribute[0]', reason: 'malformed' })
    expect(indicators[0]).toMatchObject({ ref: 'list:Event.Attribute[8]', comment: '5' })
    expect(indicators[1]?.comment).toHaveLength(1000)
  })

  it('bears __proto__ keys', async () => {
    const text =
      '{"Event":{"__proto__":{"info":"x"},"Attribute":[{"__proto__":{"deleted":true},"type":"domain","value":"evil.com"}]}}'
    const { values, indicators } = await readMisp(JSON.parse(text))
    expect(values).toEqual(['domain evil.com'])
    expect(indicators[0]).not.toHaveProperty('title')
  })
})
