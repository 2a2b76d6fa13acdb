import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { everything, sampleAlert, sampleIndicator, sampleMatch } from '../../test/support/sink-samples.ts'
import type { Alert } from '../core/alert.ts'
import { HOLD_REASONS, MATCH_KINDS, type Match } from '../core/match.ts'
import type { Observable } from '../core/observable.ts'
import { createAlertTexts } from './alert-text.ts'
import { formatMatch, formatMatchText, formatParsed, MAX_LINE_BYTES } from './format.ts'
import { matchRecordSchema, parsedRecordSchema, type MatchRecord } from './schema.ts'

/** The record of a line, validated: what the schema does not know makes the comparison fail. */
function matchRecord(line: string): MatchRecord {
  const record: unknown = JSON.parse(line)
  const parsed = matchRecordSchema.parse(record)
  expect(parsed).toEqual(record)
  expect(line).not.toMatch(/[\n\r\u0085\u2028\u2029]/)
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_LINE_BYTES)
  return parsed
}

function parsedRecord(line: string | undefined) {
  const record: unknown = JSON.parse(line ?? '')
  const parsed = parsedRecordSchema.parse(record)
  expect(parsed).toEqual(record)
  return parsed
}

describe('formatMatch', () => {
  it('writes every field of a match with all context', () => {
    const match = sampleMatch({
      kind: 'composite',
      repeats: 3,
      suppressedBy: ['score'],
      indicators: [
        { indicator: everything, kind: 'composite', heldBy: 'score' },
        { indicator: sampleIndicator(), kind: 'exact', heldBy: 'score' },
      ],
    })
    const record = matchRecord(formatMatch(match, { fullAlert: true }))
    expect(record).toMatchObject({
      schema: 'tripline.match/1',
      id: 'm-1',
      timestamp: '2026-03-09T08:00:01.000Z',
      alert: {
        id: '1773043200.4711',
        time: '2026-03-09T08:00:00.123Z',
        timestamp: '2026-03-09T08:00:00.123+0000',
        rule: { id: '5710', level: 5, description: 'sshd: attempt to login', groups: ['syslog', 'sshd'] },
        agent: { id: '007', name: 'web-07', ip: '10.0.0.7' },
        manager: 'wazuh-1',
        node: '',
        file: '/var/ossec/logs/alerts/alerts.json',
        offset: 9000,
      },
      observable: { type: 'ipv4', value: '203.0.113.66', where: ['data.srcip'] },
      match: {
        kind: 'composite',
        via: 'mirror',
        repeats: 3,
        suppressed_by: ['score'],
        providers: ['misp-main', 'lists'],
      },
      original_rule: match.alert.body['rule'],
      original_agent: match.alert.body['agent'],
      full_alert: match.alert.body,
    })
    expect(record.indicators[0]).toEqual({
      provider: 'misp-main',
      source: 'event 1201',
      type: 'ipv4',
      value: '203.0.113.0/24',
      kind: 'composite',
      held_by: 'score',
      ref: '5f6c2b1e-0000-4000-8000-000000000001',
      source_type: 'ip-dst|port',
      composite: '203.0.113.66|443',
      pattern: "[ipv4-addr:value = '203.0.113.0/24' AND file:name = 'a.exe']",
      title: 'Emotet C2',
      event: '1201',
      event_uuid: '5f6c2b1e-0000-4000-8000-0000000004b1',
      event_date: '2026-03-01',
      threat_level: 'high',
      organisation: 'CERT Example',
      category: 'Network activity',
      comment: 'seen in March',
      tags: ['tlp:amber', 'malware:emotet'],
      tlp: 'amber+strict',
      threat_actors: ['TA542', 'Mealybug'],
      malware: ['Emotet'],
      attack_patterns: ['T1566 Phishing'],
      kill_chain_phases: ['mitre-attack:initial-access'],
      first_seen: '2026-03-01T00:00:00.000Z',
      last_seen: '2026-03-08T12:00:00.000Z',
      score: 85,
      confidence: 70,
      detection: true,
      valid_from: '2026-01-01T00:00:00.000Z',
      valid_until: '2027-01-01T00:00:00.000Z',
      revoked: false,
      link: 'https://misp.example/events/view/1201',
    })
    expect(record.misp).toEqual({
      event_id: '1201',
      category: 'Network activity',
      type: 'ip-dst|port',
      value: '203.0.113.0/24',
    })
  })

  it('gives empty text in `misp` for what the indicator does not state, and leaves out what is absent', () => {
    const record = matchRecord(formatMatch(sampleMatch(), { fullAlert: false }))
    expect(record.misp).toEqual({ event_id: '', category: '', type: 'ip-dst', value: '203.0.113.66' })
    expect(record.match).toEqual({ kind: 'exact', via: 'mirror', providers: ['lists'] })
    expect(record).not.toHaveProperty('full_alert')
    expect(record).not.toHaveProperty('full_alert_omitted')
  })

  it('does with an alert that has nothing', () => {
    const bare = { id: '', time: 0, timestamp: '', groups: [], body: { rule: 'x', agent: [1] } }
    const record = matchRecord(formatMatch(sampleMatch({ alert: sampleAlert(bare) }), { fullAlert: true }))
    expect(record.alert).not.toHaveProperty('time')
    expect(record).toMatchObject({ original_rule: {}, original_agent: {}, full_alert: { rule: 'x' } })
  })

  it('leaves out numbers and times that JSON or a calendar cannot hold', () => {
    const odd = sampleIndicator({ score: Number.NaN, confidence: Infinity, validFrom: -1, validUntil: 9e15 })
    const line = formatMatch(sampleMatch({ indicators: [{ indicator: odd, kind: 'exact' }] }), {
      fullAlert: false,
    })
    expect(Object.keys(matchRecord(line).indicators[0] ?? {})).toEqual(
      expect.not.arrayContaining(['score', 'confidence', 'valid_from', 'valid_until']),
    )
  })

  it('keeps a line a line and changes no text', () => {
    const text = '\u2028a\u2029b\u0085c\u001b[31md\u009be\ud800f\u202eg\nh\u0000'
    const body = { rule: { description: text }, data: { [text]: text } }
    const line = formatMatch(sampleMatch({ alert: sampleAlert({ body }) }), { fullAlert: true })
    // oxlint-disable-next-line no-control-regex -- control characters are what must be gone
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/)
    expect(matchRecord(line).full_alert).toEqual(body)
  })

  it('treats `__proto__` as any other key', () => {
    const body = JSON.parse(
      '{"__proto__":{"rule":{"description":"no"}},"agent":{"__proto__":{"ip":"9.9.9.9"}}}',
    ) as Alert['body']
    const line = formatMatch(sampleMatch({ alert: sampleAlert({ body }) }), { fullAlert: true })
    expect(line).toContain('"full_alert":{"__proto__":{"rule":{"description":"no"}}')
    const record = JSON.parse(line) as MatchRecord
    expect(record.alert.rule.description).toBe('')
    expect(record.alert.agent).not.toHaveProperty('ip')
    expect(Object.prototype).not.toHaveProperty('rule')
  })
})

describe('the bound of a line', () => {
  const huge = 'x'.repeat(MAX_LINE_BYTES)

  it('replaces an alert that is too large by a note of its size', () => {
    const body = { rule: { description: 'd' }, full_log: huge }
    const record = matchRecord(
      formatMatch(sampleMatch({ alert: sampleAlert({ body }) }), { fullAlert: true }),
    )
    expect(record).not.toHaveProperty('full_alert')
    expect(record.full_alert_omitted).toEqual({ reason: 'size', bytes: JSON.stringify(body).length })
    expect(record.original_rule).toEqual({ description: 'd' })
  })

  it('leaves out the whole alert once the records of it hold 4 MiB of it', () => {
    const body = { full_log: 'x'.repeat(500_000) }
    const alert = sampleAlert({ body })
    const texts = createAlertTexts()
    const records = Array.from({ length: 12 }, (_, n) =>
      matchRecord(formatMatch(sampleMatch({ id: `m-${n}`, alert }), { fullAlert: true }, texts)),
    )
    expect(records.filter((record) => 'full_alert' in record)).toHaveLength(8)
    expect(records.at(-1)?.full_alert_omitted).toEqual({
      reason: 'repeated',
      bytes: JSON.stringify(body).length,
    })
    const other = sampleMatch({ alert: sampleAlert({ body: { full_log: 'y' } }) })
    expect(matchRecord(formatMatch(other, { fullAlert: true }, texts)).full_alert).toEqual({ full_log: 'y' })
  })

  it.each([
    ['that fits', 1000],
    ['that is too large', MAX_LINE_BYTES],
  ])('writes an alert %s once, however many matches it has', (_, bytes) => {
    let written = 0
    const data = {
      toJSON: () => {
        written += 1
        return 'x'.repeat(bytes)
      },
    }
    const alert = sampleAlert({ body: { rule: { data }, data } })
    const texts = createAlertTexts()
    for (let n = 0; n < 50; n++)
      matchRecord(formatMatch(sampleMatch({ id: `m-${n}`, alert }), { fullAlert: true }, texts))
    // Once as its rule, twice in the whole.
    expect(written).toBe(3)
  })

  it('says nothing of an alert that was not asked for', () => {
    const body = { full_log: huge }
    const record = matchRecord(
      formatMatch(sampleMatch({ alert: sampleAlert({ body }) }), { fullAlert: false }),
    )
    expect(record).not.toHaveProperty('full_alert_omitted')
  })

  it('survives an alert nested deeper than it can be written', () => {
    const depth = 1_000_000
    const body = JSON.parse(`{"rule":${'['.repeat(depth)}${']'.repeat(depth)}}`) as Alert['body']
    const record = matchRecord(
      formatMatch(sampleMatch({ alert: sampleAlert({ body }) }), { fullAlert: true }),
    )
    expect(record.full_alert_omitted).toEqual({ reason: 'nesting' })
  })

  it('leaves out a rule that is too large or too deep, and an agent with it', () => {
    const deep = JSON.parse(`{"deep":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`) as object
    for (const rule of [{ description: 'd', huge }, deep]) {
      const alert = sampleAlert({ body: { rule, agent: { id: '1' } } })
      const record = matchRecord(formatMatch(sampleMatch({ alert }), { fullAlert: false }))
      expect(record).toMatchObject({ original_rule: {}, original_agent: {} })
      expect(record.indicators).toHaveLength(1)
      expect(record).not.toHaveProperty('indicators_omitted')
    }
  })

  it('shows 100 indicators, counts the rest, and names every provider', () => {
    const many = Array.from({ length: 130 }, (_, number) => ({
      indicator: sampleIndicator({ ref: `r${number}`, provider: `p${number % 3}` }),
      kind: 'exact' as const,
    })) as unknown as Match['indicators']
    const record = matchRecord(formatMatch(sampleMatch({ indicators: many }), { fullAlert: false }))
    expect(record.indicators.map(({ ref }) => ref)).toEqual(Array.from({ length: 100 }, (_, n) => `r${n}`))
    expect(record.indicators_omitted).toBe(30)
    expect(record.match.providers).toEqual(['p0', 'p1', 'p2'])
  })

  it('leaves out the last indicators when even a hundred are too long', () => {
    const wide = { comment: '\u0001'.repeat(5000), title: '\u0001'.repeat(5000) }
    const many = Array.from({ length: 130 }, (_, number) => ({
      indicator: sampleIndicator({ ref: `r${number}`, ...wide }),
      kind: 'exact' as const,
    })) as unknown as Match['indicators']
    const record = matchRecord(formatMatch(sampleMatch({ indicators: many }), { fullAlert: true }))
    const shown = record.indicators.length
    expect(record.indicators.map(({ ref }) => ref)).toEqual(Array.from({ length: shown }, (_, n) => `r${n}`))
    expect(shown).toBe(42)
    expect(record.indicators_omitted).toBe(130 - shown)
  })

  it('holds for one indicator of nothing but the widest characters', () => {
    const wide = '\u2028'.repeat(100_000)
    const tags = Array.from({ length: 1000 }, () => wide)
    const indicator = { ...everything, value: '\u2028'.repeat(8192), composite: '\u2028'.repeat(8192), tags }
    const texts = {
      title: wide,
      comment: wide,
      link: wide,
      event: wide,
      category: wide,
      source: wide,
      ref: wide,
    }
    const match = sampleMatch({ indicators: [{ indicator: { ...indicator, ...texts }, kind: 'exact' }] })
    const record = matchRecord(formatMatch(match, { fullAlert: true }))
    expect(record.indicators[0]?.tags_omitted).toBe(900)
  })
})

describe('any match', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  const indicator = fc.record(
    {
      type: fc.constant('domain' as const),
      value: text,
      provider: text,
      source: text,
      ref: text,
      sourceType: text,
      tags: fc.array(text, { maxLength: 5 }),
      composite: text,
      title: text,
      event: text,
      category: text,
      comment: text,
      score: fc.double(),
      detection: fc.boolean(),
      eventUuid: text,
      eventDate: text,
      threatLevel: text,
      organisation: text,
      threatActors: fc.array(text, { maxLength: 3 }),
      malware: fc.array(text, { maxLength: 3 }),
      firstSeen: fc.double(),
      lastSeen: fc.double(),
      validUntil: fc.double(),
      link: text,
    },
    { requiredKeys: ['type', 'value', 'provider', 'source', 'ref', 'sourceType', 'tags'] },
  )
  const body = fc.dictionary(fc.oneof(text, fc.constantFrom('rule', 'agent', '__proto__')), fc.jsonValue())

  it('has a record that the schema accepts and that reads back', () => {
    const held = fc.option(fc.constantFrom(...HOLD_REASONS), { nil: undefined })
    const indicators = fc.array(fc.tuple(indicator, fc.constantFrom(...MATCH_KINDS), held), { minLength: 1 })
    fc.assert(
      fc.property(indicators, body, fc.boolean(), (list, alertBody, fullAlert) => {
        const matched = list.map(([one, kind, heldBy]) => ({
          indicator: one,
          kind,
          ...(heldBy === undefined ? {} : { heldBy }),
        })) as unknown as Match['indicators']
        const alert = sampleAlert({ body: JSON.parse(JSON.stringify(alertBody)) as Alert['body'] })
        const line = formatMatch(sampleMatch({ alert, indicators: matched }), { fullAlert })
        expect(matchRecordSchema.safeParse(JSON.parse(line)).error).toBeUndefined()
        expect(line).not.toMatch(/[\n\r\u0085\u2028\u2029]/)
      }),
    )
  })

  it('has one line of text that a terminal does not obey', () => {
    fc.assert(
      fc.property(indicator, text, (one, name) => {
        const alert = sampleAlert({ agent: { id: name, name }, body: { rule: { description: name } } })
        const line = formatMatchText(sampleMatch({ alert, indicators: [{ indicator: one, kind: 'exact' }] }))
        expect(line).not.toMatch(/[\p{Cc}\p{Cs}\u2028-\u202e]/u)
      }),
    )
  })
})

function domains(count: number, where: Observable['where']): Observable[] {
  return Array.from({ length: count }, (_, n) => ({ type: 'domain', value: `h${n}.example`, where }))
}

describe('formatParsed', () => {
  const observables: readonly Observable[] = [
    { type: 'ipv4', value: '203.0.113.66', where: ['data.srcip', 'full_log'] },
    { type: 'ipv4', value: '10.0.0.1', where: ['data.dstip'], special: 'private' },
    { type: 'domain', value: 'evil.example', where: ['data.url'], derived: true },
  ]

  it('lists what was found', () => {
    expect(parsedRecord(formatParsed({ alert: sampleAlert(), observables }))).toEqual({
      alert_id: '1773043200.4711',
      timestamp: '2026-03-09T08:00:00.123Z',
      agent_id: '007',
      rule_id: '5710',
      iocs: [
        { value: '203.0.113.66', type: 'ipv4', where: ['data.srcip', 'full_log'] },
        { value: '10.0.0.1', type: 'ipv4', where: ['data.dstip'], excluded: 'private' },
        { value: 'evil.example', type: 'domain', where: ['data.url'], derived: true },
      ],
    })
  })

  it('writes nothing for an alert without observables', () => {
    expect(formatParsed({ alert: sampleAlert(), observables: [] })).toBeUndefined()
  })

  it('leaves out a time the alert does not have', () => {
    expect(parsedRecord(formatParsed({ alert: sampleAlert({ time: 0 }), observables }))).not.toHaveProperty(
      'timestamp',
    )
  })

  it('bounds the list and says how much is missing', () => {
    const wide = ['w'.repeat(512)] as const
    const long = parsedRecord(formatParsed({ alert: sampleAlert(), observables: domains(1200, ['a']) }))
    expect([long.iocs.length, long.iocs_omitted]).toEqual([1000, 200])
    const paths = Array.from({ length: 100 }, () => wide[0]) as unknown as Observable['where']
    const fat = parsedRecord(formatParsed({ alert: sampleAlert(), observables: domains(64, paths) }))
    expect([fat.iocs.length, fat.iocs_omitted]).toEqual([20, 44])
  })
})
