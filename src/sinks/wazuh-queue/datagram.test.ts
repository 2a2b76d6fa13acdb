import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { sampleAlert, sampleMatch } from '../../../test/support/sink-samples.ts'
import { wazuhLines } from '../wazuh-events.ts'
import { datagramOf, MAX_DATAGRAM_BYTES, MAX_TEXT_BYTES } from './datagram.ts'

const event = '{"integration":"opencti","opencti":{"event_type":"x"}}'

it('puts the integration of the event as its location, or the one that is wanted', () => {
  expect(datagramOf({ text: event })).toEqual({ id: '', datagram: `1:opencti:${event}` })
  expect(datagramOf({ text: event, alert: sampleAlert() })).toEqual({
    id: '',
    datagram: `1:[007] (web-07) 10.0.0.7->opencti:${event}`,
  })
  expect(datagramOf({ text: event }, 'feeds')).toEqual({ id: '', datagram: `1:feeds:${event}` })
})

it('knows the id of an event', () => {
  expect(datagramOf({ text: '{"integration":"a","tripline":{"event_id":"m-1/2"}}' }).id).toBe('m-1/2')
  expect(datagramOf({ text: '{"integration":"a","tripline":{"id":"m-1","event_id":7}}' }).id).toBe('')
})

it.each([
  ' {"integration":"a"}',
  '\ufeff{"integration":"a"}',
  '{ "integration":"a"}',
  '{\n"integration":"a"}',
  '{"a":"b","integration":"a"}',
  '[{"integration":"a"}]',
  '{"integration":"a:b"}',
  '{"integration":"a"}\n',
  '{"integration":"a","b":"c',
  '{"integration":"a","b":"\u0000"}',
  '',
])('refuses what Wazuh would not take for an event: %j', (text) => {
  expect(datagramOf({ text })).toEqual({ id: '', refused: 'not_an_event' })
})

/** An event that is so long with its header. */
function sized(bytes: number): string {
  return `{"integration":"a","b":"${'x'.repeat(bytes - 30)}"}`
}

it('refuses what is too long whole, and cuts nothing', () => {
  const fits = sized(MAX_DATAGRAM_BYTES)
  expect(datagramOf({ text: fits })).toEqual({ id: '', datagram: `1:a:${fits}` })
  expect(datagramOf({ text: fits.replace('x', 'xxx') })).toEqual({ id: '', refused: 'too_long' })
  expect(datagramOf({ text: fits, alert: sampleAlert() })).toEqual({ id: '', refused: 'too_long' })
})

it('has room for every header before the longest event', () => {
  const text = `{"integration":"${'i'.repeat(64)}","b":"${'x'.repeat(MAX_TEXT_BYTES)}`.slice(
    0,
    MAX_TEXT_BYTES - 2,
  )
  const names = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('|'.repeat(256), '雪'.repeat(256)))
  fc.assert(
    fc.property(names, (name) => {
      const alert = sampleAlert({
        agent: { id: '1234567890', name },
        body: { agent: { ip: '1111:2222:3333:4444:5555:6666:7777:8888' } },
      })
      expect(datagramOf({ text: `${text}"}`, alert })).toHaveProperty('datagram')
    }),
  )
})

it('takes every event that is made for a match', () => {
  const name = fc.string({ unit: 'binary', maxLength: 300 })
  fc.assert(
    fc.property(name, name, (agentName, text) => {
      const alert = sampleAlert({
        agent: { id: '007', name: agentName },
        body: { rule: { description: text } },
      })
      const format = {
        integration: 'misp',
        maxIndicatorEvents: 3,
        maxObservableEvents: 3,
        maxBytes: MAX_TEXT_BYTES,
      }
      const [line] = wazuhLines([sampleMatch({ alert })], format)
      expect(line && datagramOf(line)).toHaveProperty('datagram')
    }),
  )
})
