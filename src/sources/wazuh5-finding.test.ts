import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Alert } from '../core/alert.ts'
import { createDecoder } from './decode.ts'

const decode = await createDecoder()

function decoded(document: unknown): Alert {
  const found = decode(Buffer.from(JSON.stringify(document)), 'findings.json', 0)
  if (found.kind !== 'alert') throw new Error(`no alert but ${found.kind}`)
  return found.alert
}

const RULE = {
  id: '5491fbf9-37e6-4a46-a952-9e1b00000001',
  title: 'SSH login with an unknown user',
  level: 'high',
  tags: ['attack.t1110', ' sshd'],
}
const PRODUCT = {
  agent: { id: '006', name: 'web-01', host: { ip: ['10.0.0.6', '10.0.1.6'] } },
  cluster: { name: 'wazuh', node: 'node01' },
  event: { id: 'e-1' },
  integration: { name: 'linux', decoders: ['decoder/core-wazuh-message/0', 'decoder/syslog/0', 'sshd'] },
  protocol: { location: 'journald', queue: 49 },
  space: { name: 'standard' },
}
const EVENT = { '@timestamp': '2026-07-13T07:07:00.147Z', source: { ip: '198.51.100.7' }, wazuh: PRODUCT }
const FINDING = {
  ...EVENT,
  event: { doc_id: 'd-1', index: '.ds-wazuh-events-v5-system-activity-000001' },
  wazuh: { ...PRODUCT, rule: RULE },
}

describe('a finding of Wazuh 5', () => {
  it('is read with every convenience field', () => {
    expect(decoded(FINDING)).toMatchObject({
      id: `d-1/${RULE.id}`,
      time: Date.UTC(2026, 6, 13, 7, 7, 0, 147),
      timestamp: '2026-07-13T07:07:00.147Z',
      level: 12,
      ruleId: RULE.id,
      groups: ['linux', 'core-wazuh-message', 'syslog', 'sshd', 'attack.t1110'],
      agent: { id: '006', name: 'web-01' },
      manager: 'wazuh',
      node: 'node01',
      location: 'journald',
      body: FINDING,
    })
  })

  it.each([
    ['informational', 3],
    ['low', 5],
    ['medium', 8],
    ['high', 12],
    ['critical', 15],
    ['Critical', 15],
    ['severe', 0],
    [12, 0],
  ])('of level %s has level %i', (level, expected) => {
    expect(decoded({ ...FINDING, wazuh: { ...PRODUCT, rule: { ...RULE, level } } }).level).toBe(expected)
  })

  it('says the same with dotted keys, with some of them, and in the wrapper of the indexer', () => {
    const { body: _, digest: __, ...plain } = decoded(FINDING)
    const dotted = flat(FINDING)
    expect(Object.keys(dotted)).toContain('wazuh.agent.host.ip')
    for (const document of [
      dotted,
      { ...flat({ wazuh: FINDING.wazuh }), '@timestamp': FINDING['@timestamp'], event: FINDING.event },
      { _index: '.ds-wazuh-findings-v5-other-000001', _id: 'o95N', _score: null, _source: FINDING },
      { _index: '.ds-wazuh-findings-v5-other-000001', _id: 'o95O', _source: dotted },
    ])
      expect(decoded(document)).toMatchObject(plain)
    expect(decoded(dotted).body).toEqual(FINDING)
  })

  it('comes from the file or the integration when no location is told', () => {
    const { protocol: _, ...product } = PRODUCT
    expect(decoded({ ...EVENT, wazuh: product }).location).toBe('linux')
    expect(decoded({ ...EVENT, log: { file: { path: '/var/log/x.log' } }, wazuh: product }).location).toBe(
      '/var/log/x.log',
    )
  })
})

describe('an event of Wazuh 5', () => {
  it('has level 0 and no rule', () => {
    expect(decoded(EVENT)).toMatchObject({ id: 'e-1/standard', level: 0, ruleId: '', agent: { id: '006' } })
  })

  it.each([
    ['event.created', { event: { created: '2026-07-13T07:07:00Z' } }, Date.UTC(2026, 6, 13, 7, 7)],
    ['event.ingested', { event: { ingested: '2026-07-13T07:07:00Z' } }, Date.UTC(2026, 6, 13, 7, 7)],
    ['milliseconds', { '@timestamp': 1_783_926_420_147 }, 1_783_926_420_147],
    ['no time', {}, 0],
    ['a time that is none', { '@timestamp': 'yesterday' }, 0],
    ['a number that is none', { '@timestamp': -5 }, 0],
  ])('has the time of %s', (_, fields, time) => {
    expect(decoded({ ...fields, wazuh: PRODUCT }).time).toBe(time)
  })
})

function wrapped(source: unknown): unknown {
  return { _index: 'x', _id: 'o95N', _source: source }
}

describe('the id of a document', () => {
  const nameless = { wazuh: { agent: { id: '006' } }, source: { ip: '198.51.100.7' } }

  it.each([
    ['event and rule', FINDING, `d-1/${RULE.id}`],
    ['event and rule, whatever _id it has', wrapped(FINDING), `d-1/${RULE.id}`],
    ['the event alone', { event: { doc_id: 'd-1' }, wazuh: {} }, 'd-1'],
    ['the log and the space', EVENT, 'e-1/standard'],
    ['the log and the rule', { wazuh: { ...PRODUCT, rule: RULE } }, `e-1/${RULE.id}`],
    ['_id where nothing in it tells', wrapped(nameless), 'o95N'],
  ])('is that of %s', (_, document, id) => expect(decoded(document).id).toBe(id))

  it('is made of the content where nothing tells it', () => {
    const { id } = decoded(nameless)
    expect(id).toMatch(/^[0-9a-f]{32}$/)
    expect(decoded({ ...nameless }).id).toBe(id)
    expect(decoded({ ...nameless, source: { ip: '198.51.100.8' } }).id).not.toBe(id)
  })
})

it.each([
  [
    'an alert of 4.x that holds a field of that name',
    { manager: { name: 'm' }, id: '1.2', wazuh: { rule: RULE } },
  ],
  ['an alert of 4.x with dotted keys', { manager: { name: 'm' }, id: '1.2', 'wazuh.rule.id': 'x' }],
  ['a log with a text of that name', { id: '1.2', wazuh: 'manager' }],
])('takes %s for an alert', (_, body) => expect(decoded(body)).toMatchObject({ id: '1.2', ruleId: '' }))

it.each([
  [
    'parts of other kinds',
    { wazuh: { agent: 'a', rule: ['r'], cluster: 1, integration: { decoders: 'd' } } },
  ],
  ['names of the prototype', { wazuh: JSON.parse('{"__proto__":{"agent":{"id":"x"}}}') as unknown }],
])('reads harmless defaults from %s', (_, body) => {
  expect(decoded(body)).toMatchObject({
    agent: { id: '', name: '' },
    ruleId: '',
    level: 0,
    groups: [],
    location: '',
  })
})

it('is made of anything a document may be', () => {
  const names = [
    'wazuh',
    'wazuh.agent',
    'wazuh.rule.level',
    '@timestamp',
    'event',
    'event.doc_id',
    '_source',
    '_index',
    '_id',
    '__proto__',
  ]
  const value = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(fc.constantFrom('agent', 'rule', 'id', 'tags', 'doc_id'), fc.jsonValue()),
  )
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), value), (document) => {
      const body = { wazuh: {}, ...document }
      expect(decode(Buffer.from(JSON.stringify(body)), 'f', 0)).toMatchObject({
        kind: 'alert',
        alert: { origin: { offset: 0 } },
      })
    }),
    { numRuns: 100 },
  )
  const deep = `{"wazuh":{},"deep":${'{"a.b":'.repeat(5000)}1${'}'.repeat(5000)}}`
  expect(decode(Buffer.from(deep), 'f', 0).kind).toBe('alert')
})

function flat(object: object, before = ''): Record<string, unknown> {
  const entries = Object.entries(object).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(flat(value, `${before}${key}.`))
      : [[`${before}${key}`, value] as const],
  )
  return Object.fromEntries(entries)
}
