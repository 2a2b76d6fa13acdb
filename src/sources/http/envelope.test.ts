import { describe, expect, it } from 'vitest'
import { isRecord, type JsonObject } from '../../core/json.ts'
import { createDecoder } from '../decode.ts'
import { isAlert, unwrap } from './envelope.ts'

const decode = await createDecoder()

const alert = {
  timestamp: '2026-03-09T08:00:00.000+0000',
  rule: { id: '5710' },
  agent: { id: '001' },
  id: '1.2',
}
const finding = {
  '@timestamp': '2026-07-06T12:17:21Z',
  wazuh: { rule: { id: 'a-b' } },
  source: { ip: '198.51.100.7' },
}
const alertText = JSON.stringify(alert)
const findingText = JSON.stringify(finding)
const hit = { _index: 'wazuh-alerts-4.x-2026.03.09', _id: 'x', _score: 1.5, _source: alert }
const findingHit = { _index: 'wazuh-findings-v5-security', _id: 'x', _score: 1.5, _source: finding }

function texts(value: JsonObject): readonly string[] {
  return unwrap(value, 1000).texts
}

function idOf(text: string): string {
  const decoded = decode(Buffer.from(text), 'f', 0)
  return decoded.kind === 'alert' ? decoded.alert.id : decoded.kind
}

describe('an alert', () => {
  it.each<[string, JsonObject]>([
    ['of Wazuh 4', alert],
    [
      'of archives.json, without a rule',
      { timestamp: '', agent: { id: '000' }, manager: { name: 'm' }, id: '1.2' },
    ],
    ['of Wazuh 5', finding],
    ['in a document of the indexer', hit],
    ['of Wazuh 5 in a document of the indexer', findingHit],
  ])('%s is one', (_what, value) => {
    expect(isAlert(value)).toBe(true)
  })

  it.each<[string, JsonObject]>([
    ['an envelope', { alerts: [alert] }],
    ['the message of a channel', { text: 'x' }],
    ['an agent alone', { agent: { id: '001' } }],
  ])('%s is none', (_what, value) => {
    expect(isAlert(value)).toBe(false)
  })
})

describe('what is inside', () => {
  it.each<[string, JsonObject, readonly string[]]>([
    [
      'the answer of a search',
      { took: 3, hits: { total: { value: 2 }, hits: [hit, hit] } },
      [alertText, alertText],
    ],
    ['`hits` from a template', { hits: [hit] }, [alertText]],
    [
      'the context of a monitor',
      { ctx: { monitor: { name: 'm' }, trigger: { id: 't' }, results: [{ hits: { hits: [hit] } }] } },
      [alertText],
    ],
    [
      'the documents of a bucket or document monitor',
      { ctx: { alerts: [{ sample_documents: [hit] }] } },
      [alertText],
    ],
    ['a message of Slack with a title', { text: `Alert\n\n${findingText}` }, [findingText]],
    [
      'a message of Chime with two lines',
      { Content: `${alertText}\n${findingText}` },
      [alertText, findingText],
    ],
    [
      'a line read by Vector or Logstash',
      { message: alertText, host: 'h', source_type: 'file' },
      [alertText],
    ],
    ['a line read by Fluent Bit', { date: 1_773_043_200.5, log: `${alertText}\n` }, [alertText]],
    ['an event of the form of Splunk', { time: 1, event: alert }, [alertText]],
    ['a text in a text', { body: JSON.stringify({ message: alertText }) }, [alertText]],
    [
      'a context as a text',
      { text: JSON.stringify({ ctx: { results: [{ hits: { hits: [hit] } }] } }) },
      [alertText],
    ],
    [
      'an alert over several lines',
      { message: JSON.stringify(alert, undefined, 1) },
      [JSON.stringify(alert, undefined, 1).replaceAll('\n', ' ')],
    ],
    ['nothing of it', { text: 'Test message content body for config id x' }, []],
  ])('%s', (_what, value, expected) => {
    const found = texts(value)
    expect(found).toEqual(expected)
    expect(found.every((text) => !text.includes('\n'))).toBe(true)
  })

  it('is not taken out of an alert: what an attacker writes into a field stays there', () => {
    expect(isAlert({ ...alert, message: findingText, alerts: [finding] })).toBe(true)
    expect(texts({ event: { ...alert, data: { message: findingText } } })).toHaveLength(1)
  })

  it('is a finding with its `_id`: it has the same alert id as alone', () => {
    const [inside = ''] = texts({ hits: { hits: [findingHit] } })
    expect(idOf(inside)).toBe('x')
    expect(idOf(inside)).toBe(idOf(JSON.stringify(findingHit)))
    expect(inside).not.toContain('_score')
  })

  it('counts what is no alert in a list', () => {
    expect(unwrap({ alerts: [alert, 'x', {}, finding] }, 1000)).toMatchObject({ missed: 2 })
  })

  it('ends at a depth, and with a number', () => {
    let deep: unknown = alert
    for (let level = 0; level < 9; level += 1) deep = { data: deep }
    expect(isRecord(deep) && texts(deep)).toEqual([])
    let lists: unknown = [alert]
    for (let level = 0; level < 100_000; level += 1) lists = [lists]
    expect(texts({ alerts: lists })).toEqual([])
    expect(unwrap({ alerts: Array.from({ length: 5000 }, () => alert) }, 10).texts.length).toBeLessThan(20)
    expect(unwrap({ text: `${alertText}\n`.repeat(5000) }, 10).texts.length).toBeLessThan(20)
  })

  it('takes no key from the prototype', () => {
    expect(texts(Object.create({ alerts: [alert] }) as JsonObject)).toEqual([])
  })
})
