import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isRecord, parseJson } from '../../src/core/json.ts'
import { datagramOf, MAX_DATAGRAM_BYTES } from '../../src/sinks/wazuh-queue/datagram.ts'
import { LOCATION } from '../../src/sinks/wazuh-queue/config.ts'
import { datagramHeader } from '../../src/sinks/wazuh-queue/header.ts'
import { sampleAlert } from '../support/sink-samples.ts'

/** What a real analysisd (4.14.7) made of datagrams: injection-cases-*.jsonl. */
const DATA = join(import.meta.dirname, '../../../shared/data/wazuh-recorded')
const present = existsSync(DATA)

interface Injected {
  readonly case: string
  /** Long ones are shortened in the middle. */
  readonly datagram: string
  readonly datagram_bytes: number
  readonly alerts: readonly string[]
}

function recorded(group: string): readonly Injected[] {
  const text = readFileSync(join(DATA, `injection-cases-${group}.jsonl`), 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Injected)
}

/** `1:location:` before the payload, as it stands there. */
function headerOf({ datagram }: Injected): string {
  const end = datagram.indexOf(':{"')
  return end < 0 ? datagram : datagram.slice(0, end + 1)
}

interface Intended {
  readonly id: string
  readonly name: string
  readonly ip: string
  readonly location: string
}

function unescaped(text: string): string {
  return text.replaceAll(/\|(.)/gs, '$1')
}

/** Every agent and location that a header could be meant for. */
function intentionsOf(header: string): readonly Intended[] {
  const text = unescaped(header.slice(2, -1))
  const found: Intended[] = [{ id: '000', name: 'vm', ip: '', location: text }]
  const id = /^\[(.*?)\] \(/.exec(text)
  if (id === null) return found
  const rest = text.slice(id[0].length)
  for (const close of positions(rest, ') '))
    for (const arrow of positions(rest, '->'))
      if (arrow > close)
        found.push({
          id: id[1] ?? '',
          name: rest.slice(0, close),
          ip: rest.slice(close + 2, arrow),
          location: rest.slice(arrow + 2),
        })
  return found
}

function positions(text: string, part: string): readonly number[] {
  return [...text.matchAll(new RegExp(part.replace(')', '\\)'), 'g'))].map(({ index }) => index)
}

/** Those with a location that settings allow, for which we would write this very header. */
function ours(one: Injected): readonly Intended[] {
  const header = headerOf(one)
  return intentionsOf(header).filter(({ id, name, ip, location }) => {
    const alert = sampleAlert({ agent: { id, name }, body: { agent: { ip } } })
    return LOCATION.test(location) && datagramHeader(alert, location) === header
  })
}

/** Whether we would send it: the same header and payload. */
function isOurs(one: Injected): boolean {
  const header = headerOf(one)
  const [meant] = ours(one)
  const made = datagramOf({ text: one.datagram.slice(header.length) }, meant?.location)
  return meant !== undefined && 'datagram' in made && made.datagram === one.datagram
}

it('has what a real analysisd made of datagrams beside the checkout', (context) => {
  context.skip(!present, 'the folder shared/data is absent: no header is compared with what Wazuh read')
  expect(present).toBe(true)
})

describe.skipIf(!present)('a header of ours', () => {
  const cases = present ? recorded('location').filter(({ datagram_bytes }) => datagram_bytes < 8000) : []

  it('was read by Wazuh as the agent and the location it is meant for', () => {
    const compared = cases.flatMap((one) => ours(one).map((meant) => ({ one, meant })))
    for (const { one, meant } of compared) {
      const alert = parseJson(one.alerts[0] ?? '')
      if (!isRecord(alert) || !isRecord(alert['agent'])) throw new Error(`no alert: ${one.case}`)
      const { id, name, ip } = alert['agent']
      expect([one.case, id, name, alert['location'] ?? '']).toEqual([
        one.case,
        meant.id,
        meant.name,
        meant.location,
      ])
      // The manager has no address in its alerts.
      const address = meant.id === '000' ? '' : (ip ?? 'any')
      expect([one.case, address]).toEqual([one.case, meant.ip])
    }
    expect(new Set(compared.map(({ one }) => one.case)).size).toBeGreaterThanOrEqual(18)
    const names = compared.map(({ one }) => one.case)
    expect(names).toEqual(
      expect.arrayContaining([
        'manager plain',
        'agent form ip',
        'agent form any',
        'agent IPv6 escaped',
        'name with unicode',
        'name with pipe escaped',
        'location with escaped colon',
      ]),
    )
  })

  it('is none that Wazuh read wrongly or not at all', () => {
    const wrong = cases.filter(({ alerts }) => alerts.length === 0)
    expect(wrong.length).toBeGreaterThanOrEqual(5)
    const misread = ['name with )', 'name with ->', 'name empty', 'ip garbage', 'no ip, arrow', 'id empty []']
    const others = cases.filter((one) => misread.includes(one.case))
    expect(others).toHaveLength(misread.length)
    for (const one of [...wrong, ...others]) expect([one.case, ours(one)]).toEqual([one.case, []])
  })
})

describe.skipIf(!present)('a datagram of ours', () => {
  it.each(['framing', 'type', 'keys', 'fieldcount'])('is none of which Wazuh made no alert: %s', (group) => {
    const whole = recorded(group).filter(
      ({ datagram, datagram_bytes }) => Buffer.byteLength(datagram) === datagram_bytes,
    )
    const sent = whole.filter(isOurs)
    expect(sent.length).toBeGreaterThan(0)
    expect(sent.filter(({ alerts }) => alerts.length === 0).map((one) => one.case)).toEqual([])
  })

  it('is always short enough to become an alert', () => {
    const cases = recorded('size').filter(({ datagram }) => datagram.startsWith('1:opencti:{"integration"'))
    const sent = cases.filter(({ datagram_bytes }) => datagram_bytes <= MAX_DATAGRAM_BYTES)
    const long = cases.filter(({ alerts }) => alerts.length === 0)
    expect(sent.length).toBeGreaterThanOrEqual(8)
    expect(long.length).toBeGreaterThanOrEqual(5)
    expect(sent.filter(({ alerts }) => alerts.length === 0).map((one) => one.case)).toEqual([])
    expect(Math.min(...long.map(({ datagram_bytes }) => datagram_bytes))).toBeGreaterThan(MAX_DATAGRAM_BYTES)
  })
})
