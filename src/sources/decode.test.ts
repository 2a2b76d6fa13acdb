import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import xxhash from 'xxhash-wasm'
import type { Alert } from '../core/alert.ts'
import { createDecoder, type Decoded } from './decode.ts'

const decode = await createDecoder()
const hash = await xxhash()

function decodeText(text: string | Buffer, offset = 0): Decoded {
  return decode(Buffer.from(text), 'alerts.json', offset)
}

function alertOf(text: string | Buffer): Alert {
  const decoded = decodeText(text)
  if (decoded.kind !== 'alert') throw new Error(`no alert but ${JSON.stringify(decoded)}`)
  return decoded.alert
}

const FULL = {
  timestamp: '2026-11-21T10:00:00.123+0530',
  rule: { level: 7, description: 'd', id: '100001', groups: ['web', ' Cloudflare', 'multi\n', ' '] },
  agent: { id: '001', name: 'web-1', ip: '192.0.2.1' },
  manager: { name: 'manager-1' },
  id: '1773043200.0123',
  cluster: { name: 'c', node: 'node-2' },
  data: { srcip: '198.51.100.7' },
  location: '/var/log/x.log',
}

/** As analysisd writes it, so that a torn one looks like a torn one. */
function written(id: string, data: Record<string, unknown> = {}): string {
  return JSON.stringify({ ...FULL, id, data })
}

describe('an alert', () => {
  it('is read with every convenience field', () => {
    expect(alertOf(JSON.stringify(FULL))).toMatchObject({
      id: '1773043200.0123',
      time: Date.UTC(2026, 10, 21, 4, 30, 0, 123),
      timestamp: '2026-11-21T10:00:00.123+0530',
      level: 7,
      ruleId: '100001',
      groups: ['web', 'Cloudflare', 'multi'],
      agent: { id: '001', name: 'web-1' },
      manager: 'manager-1',
      node: 'node-2',
      location: '/var/log/x.log',
      origin: { file: 'alerts.json', offset: 0 },
      body: FULL,
    })
  })

  const EMPTY = {
    id: '',
    time: 0,
    timestamp: '',
    level: 0,
    ruleId: '',
    groups: [],
    agent: { id: '', name: '' },
    manager: '',
    node: '',
    location: '',
  }
  it.each([
    '{}',
    '{"rule":null,"agent":"x","manager":[],"cluster":1,"id":1,"location":{},"timestamp":7}',
    '{"rule":{"level":"7","id":7,"groups":"web"},"agent":{"id":1,"name":null},"timestamp":"soon"}',
    '{"rule":{"groups":[1,null,{}]},"__proto__":{"id":"x"},"constructor":"y"}',
  ])('has harmless defaults for what is missing or of another type: %s', (text) => {
    expect({ ...alertOf(text), timestamp: '' }).toMatchObject(EMPTY)
  })

  it('is taken out of a document of the indexer', () => {
    const alert = alertOf(JSON.stringify({ _index: 'wazuh-alerts-4.x', _id: 'x', _source: FULL }))
    expect(alert.body).toEqual(FULL)
    expect(alert.ruleId).toBe('100001')
  })

  it('is taken out of a dead letter; one that holds none is no alert', () => {
    const letter = { schema: 'tripline.dead-letter/1', time: '2026-11-21T10:00:00.000Z', reason: 'dropped' }
    expect(alertOf(JSON.stringify({ ...letter, alert: FULL })).body).toEqual(FULL)
    expect(decodeText(JSON.stringify({ ...letter, text: 'an event' }))).toEqual({
      kind: 'skipped',
      reason: 'malformed',
    })
  })

  it.each(['\uFEFF', ' \t', '\uFEFF '])('may have %j before it', (before) => {
    expect(alertOf(`${before}{"id":"1.2"}\r`).id).toBe('1.2')
  })

  it('has the xxHash64 of its bytes as digest', () => {
    expect(alertOf('{}').digest).toBe(hash.h64Raw(Buffer.from('{}')))
    expect(alertOf('{}').digest).not.toBe(alertOf('{ }').digest)
  })

  it('with bytes that are not UTF-8 is repaired; one with a true U+FFFD is not', () => {
    const bytes = Buffer.concat([Buffer.from('{"id":"'), Buffer.of(0xe9), Buffer.from('"}')])
    expect(decodeText(bytes)).toMatchObject({ repaired: true, alert: { id: '\uFFFD' } })
    expect(decodeText('{"id":"\uFFFD"}')).toMatchObject({ repaired: false })
    expect(decodeText('{"id":"é"}')).toMatchObject({ repaired: false })
  })
})

describe('a line without alert', () => {
  it.each(['', ' ', '\r', '\uFEFF', ' \t\r'])('is blank: %j', (text) => {
    expect(decodeText(text)).toEqual({ kind: 'skipped', reason: 'blank' })
  })

  it.each(['[]', '1', 'null', '"x"', '[{"id":"1"}]'])('is no object: %s', (text) => {
    expect(decodeText(text)).toEqual({ kind: 'skipped', reason: 'not_object' })
  })

  it.each(['{', 'x', '{"id":1', '{"id":"1"]', '\0\0', '{"a":{"timestamp":"x"}'])(
    'is malformed: %j',
    (text) => {
      expect(decodeText(text)).toEqual({ kind: 'skipped', reason: 'malformed' })
    },
  )

  it('that nests without end is malformed or an alert, never an exception', () => {
    for (const depth of [1000, 200_000]) {
      expect(decodeText(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`).kind).not.toBe('glued')
      expect(decodeText('{"a":'.repeat(depth)).kind).toBe('skipped')
    }
  })

  it('made of many beginnings of alerts is given up on after a bounded search', () => {
    expect(decodeText('{"timestamp":"'.repeat(100_000))).toEqual({ kind: 'skipped', reason: 'malformed' })
  })
})

describe('a glued line', () => {
  it('gives the alert that follows a torn one, with its own offset', () => {
    const torn = written('1.1').slice(0, 120)
    const decoded = decodeText(torn + written('1.2'), 1000)
    expect(decoded).toMatchObject({ kind: 'glued', fragments: 1, alerts: [{ id: '1.2' }] })
    const alert = decoded.kind === 'glued' ? decoded.alerts[0] : undefined
    expect(alert?.origin.offset).toBe(1120)
    expect(alert?.digest).toBe(alertOf(written('1.2')).digest)
  })

  it('gives both of two whole alerts', () => {
    expect(decodeText(`${written('1.1')}${written('1.2')}\r`)).toMatchObject({
      kind: 'glued',
      fragments: 0,
      alerts: [{ id: '1.1' }, { id: '1.2' }],
    })
  })

  it('gives an alert between torn ones', () => {
    const torn = written('1.1').slice(0, 100)
    expect(decodeText(torn + written('1.2') + torn)).toMatchObject({ fragments: 2, alerts: [{ id: '1.2' }] })
  })

  it('does not take an inner object of the torn alert for an alert', () => {
    const inner = { eve: { timestamp: '2026-11-21T10:00:00.123456+0000', event_type: 'dns' } }
    const torn = written('1.1', inner).slice(0, -40)
    expect(decodeText(torn + written('1.2', inner))).toMatchObject({ fragments: 1, alerts: [{ id: '1.2' }] })
  })

  it('gives the second alert wherever the first was torn, and never an alert nobody wrote', () => {
    const quoted = written('1.1', { log: 'a "quoted" {"timestamp":"x"} \\ text', eve: { timestamp: 'é' } })
    const first = Buffer.from(quoted)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: first.length - 1 }), (cut) => {
        const glued = Buffer.concat([first.subarray(0, cut), Buffer.from(written('1.2'))])
        expect(decodeText(glued)).toMatchObject({ kind: 'glued', fragments: 1, alerts: [{ id: '1.2' }] })
      }),
      { numRuns: 500 },
    )
  })
})

function event(id: string, log = ''): string {
  return JSON.stringify({ wazuh: { event: { id }, agent: { id: '006' } }, event: { original: log } })
}

describe('a glued line of Wazuh 5', () => {
  it('gives the second event wherever the first was torn, and never one nobody wrote', () => {
    const first = Buffer.from(event('e-1', `é ${event('e-0')} {"timestamp":"x"}`))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: first.length - 1 }), (cut) => {
        const glued = Buffer.concat([first.subarray(0, cut), Buffer.from(event('e-2'))])
        expect(decodeText(glued)).toMatchObject({ kind: 'glued', fragments: 1, alerts: [{ id: 'e-2' }] })
      }),
      { numRuns: 300 },
    )
  })

  it('gives each of many, and is given up on when it has beginnings only', () => {
    const text = '{"wazuh":{}}x'.repeat(1000)
    expect(decodeText(text)).toMatchObject({ kind: 'glued', fragments: 1000 })
    expect(decodeText('{"wazuh":{'.repeat(100_000))).toMatchObject({ kind: 'skipped', reason: 'malformed' })
    expect(decodeText(`{"wazuh":{}}${'{"timestamp":"'.repeat(100_000)}`)).toMatchObject({ fragments: 1 })
  })
})

describe('the end of an alert, whose beginning a truncation took', () => {
  it('is malformed wherever it begins, also right before an inner object', () => {
    const whole = written('1.1', { eve: { timestamp: '2026-11-21T10:00:00.123456+0000', event_type: 'dns' } })
    const decoded = Array.from({ length: whole.length - 1 }, (_, at) => decodeText(whole.slice(at + 1)))
    expect(decoded.filter(({ kind }) => kind !== 'skipped')).toEqual([])
  })
})

describe('any bytes', () => {
  it('never make it throw', () => {
    const kinds = ['alert', 'skipped', 'glued']
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(kinds).toContain(decode(Buffer.from(bytes), 'f', 0).kind)
      }),
    )
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(decodeText(text).kind).not.toBe('glued')
      }),
    )
  })
})
