import { expect, it } from 'vitest'
import { createDictionary } from './dictionary.ts'
import { positionMs, readMessage } from './messages.ts'

const EXTENSION = 'extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba'

function indicator(id: string, more: object = {}) {
  return {
    id: `indicator--${id}`,
    type: 'indicator',
    name: id,
    pattern: `[ipv4-addr:value = '198.51.100.7']`,
    pattern_type: 'stix',
    extensions: { [EXTENSION]: { id, type: 'Indicator', score: 80, detection: true } },
    ...more,
  }
}

function message(event: string, data: unknown, id = '1755158400100-0') {
  return readMessage({ event, id, data: JSON.stringify(data) }, createDictionary())
}

it.each(['create', 'update'])('takes the object of a %s as it is now', (event) => {
  const read = message(event, { type: event, data: indicator('a') })
  expect(read).toMatchObject({ kind: 'indicator', position: '1755158400100-0' })
  const node = read.kind === 'indicator' ? read.objects.get('a') : undefined
  expect(node).toMatchObject({
    id: 'a',
    standard_id: 'indicator--a',
    x_opencti_score: 80,
    x_opencti_detection: true,
  })
})

it('goes by the name of the event: a delete may hold the new document of an update', () => {
  const read = message('delete', { type: 'update', data: indicator('a') })
  expect(read.kind === 'indicator' && [...read.objects]).toEqual([['a', undefined]])
})

it('takes the sources of a merge for deleted', () => {
  const read = message('merge', { data: indicator('a'), context: { sources: [indicator('b'), 7] } })
  expect(read.kind === 'indicator' && [...read.objects.keys()]).toEqual(['b', 'a'])
  expect(read.kind === 'indicator' && read.objects.get('b')).toBeUndefined()
})

it.each([
  ['heartbeat', '2025-08-14T07:59:59.000Z'],
  ['consumer_metrics', { deliveryRate: 0.5 }],
  ['no-recover', {}],
  ['something-new', { data: indicator('a') }],
  ['create', { data: { type: 'report', id: 'report--1' } }],
])('keeps the position of a %s, which says nothing of indicators', (event, data) => {
  expect(message(event, data)).toEqual({ kind: 'other', position: '1755158400100-0' })
})

it.each([
  '{',
  '[]',
  'null',
  '{"data":{"type":"indicator"}}',
  '{"data":{"type":"indicator","id":"x","extensions":{}}}',
])('counts %s as malformed and goes on', (data) => {
  expect(readMessage({ event: 'create', id: '1-0', data }, createDictionary())).toEqual({
    kind: 'other',
    position: '1-0',
    malformed: true,
  })
})

it('gives the stream up when the server does', () => {
  expect(() => message('error', { message: 'x' })).toThrow('ended its stream')
})

it('reads where the stream begins and ends, and nothing else from strange heads', () => {
  expect(message('connected', { firstEventId: '5-0', lastEventId: '9-1' })).toEqual({
    kind: 'connected',
    first: '5-0',
    last: '9-1',
  })
  expect(message('connected', { firstEventId: 5, lastEventId: 'x' })).toEqual({ kind: 'connected' })
  expect(positionMs('1755158400100-3')).toBe(1_755_158_400_100)
})

it('learns authors and markings from what comes before', () => {
  const dictionary = createDictionary()
  const say = (data: unknown) =>
    readMessage({ event: 'create', id: '1-0', data: JSON.stringify({ data }) }, dictionary)
  say({
    id: 'identity--1',
    type: 'identity',
    name: 'CERT',
    identity_class: 'organization',
    extensions: { [EXTENSION]: { id: 'i' } },
  })
  say({
    id: 'marking-definition--1',
    type: 'marking-definition',
    name: 'TLP:AMBER',
    extensions: { [EXTENSION]: { id: 'm' } },
  })
  const read = say(
    indicator('a', { created_by_ref: 'identity--1', object_marking_refs: ['marking-definition--1'] }),
  )
  const node = read.kind === 'indicator' ? read.objects.get('a') : undefined
  expect(node?.createdBy).toMatchObject({ name: 'CERT', standard_id: 'identity--1' })
  expect(node?.objectMarking).toEqual([{ definition_type: 'TLP', definition: 'TLP:amber' }])
})
