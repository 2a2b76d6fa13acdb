import { describe, expect, it } from 'vitest'
import { sampleAlert, sampleIndicator, sampleMatch } from '../../test/support/sink-samples.ts'
import { formatMatch, formatMatchText } from './format.ts'
import { indicatorRecord, matchHead, mispRecord } from './record.ts'
import { alertFields } from './wazuh-own.ts'
import { datagramHeader } from './wazuh-queue/header.ts'

const FINDING = {
  rule: { name: 'rule of the log', description: 'what the log is about' },
  agent: { ip: '10.9.9.9' },
  wazuh: {
    rule: { id: 'd166', title: 'SSH login with an unknown user', level: 'low' },
    agent: { id: '007', name: 'web-07', host: { ip: ['10.0.0.7', 'fe80::1'] } },
  },
}

describe('what is told of a finding of Wazuh 5', () => {
  const alert = sampleAlert({ ruleId: 'd166', body: FINDING })

  it('is what is told of an alert: title and address, rule and agent as they were', () => {
    const like = sampleAlert({
      ruleId: 'd166',
      body: { rule: { description: 'SSH login with an unknown user' }, agent: { ip: '10.0.0.7' } },
    })
    expect(matchHead(sampleMatch({ alert }))).toEqual(matchHead(sampleMatch({ alert: like })))
    expect(alertFields('misp.source', alert)).toEqual(alertFields('misp.source', like))
    expect(formatMatchText(sampleMatch({ alert }))).toBe(formatMatchText(sampleMatch({ alert: like })))
    expect(datagramHeader(alert, 'misp')).toBe('1:[007] (web-07) 10.0.0.7->misp:')
    const record: unknown = JSON.parse(formatMatch(sampleMatch({ alert }), { fullAlert: false }))
    expect(record).toMatchObject({
      original_rule: FINDING.wazuh.rule,
      original_agent: FINDING.wazuh.agent,
      alert: { rule: { id: 'd166', description: FINDING.wazuh.rule.title }, agent: { ip: '10.0.0.7' } },
    })
  })

  it.each([
    ['one address', { ip: '10.0.0.7' }, '10.0.0.7'],
    ['no address', { ip: [] }, undefined],
    ['no host', undefined, undefined],
    ['an odd host', { ip: [5, { a: 1 }] }, undefined],
  ])('of an agent with %s', (_, host, ip) => {
    const body = { wazuh: { agent: { id: '007', host } } }
    expect(matchHead(sampleMatch({ alert: sampleAlert({ body }) })).alert.agent.ip).toBe(ip)
  })
})

describe('the record of a match', () => {
  it('says that an answer was stale, and of a late one both times', () => {
    const match = sampleMatch({ via: 'cache', stale: true, delayedSince: Date.UTC(2026, 2, 9, 7, 50) })
    const record = matchHead(match)
    expect(record.timestamp).toBe('2026-03-09T08:00:01.000Z')
    expect(record.match).toEqual({
      kind: 'exact',
      via: 'cache',
      stale: true,
      delayed: true,
      seen_at: '2026-03-09T07:50:00.000Z',
      providers: ['lists'],
    })
  })

  it('puts into the keys of the older processor what is not held back', () => {
    const held = { indicator: sampleIndicator({ event: '1' }), kind: 'exact', heldBy: 'expired' } as const
    const counts = { indicator: sampleIndicator({ event: '2' }), kind: 'exact' } as const
    expect(mispRecord(sampleMatch({ indicators: [held, counts] })).event_id).toBe('2')
    expect(mispRecord(sampleMatch({ indicators: [held] })).event_id).toBe('1')
  })

  it('names the warning-lists a value stands on, and bounds every list of names', () => {
    const long = Array.from({ length: 50 }, (_, n) => `${n}${'n'.repeat(500)}`)
    const indicator = sampleIndicator({ threatActors: long, malware: [] })
    const record = indicatorRecord({ indicator, kind: 'exact', warnings: ['Top 1000'] })
    expect(record.warning_lists).toEqual(['Top 1000'])
    expect(record.threat_actors).toHaveLength(20)
    expect(record.threat_actors?.every((name) => name.length === 128)).toBe(true)
    expect(record).not.toHaveProperty('malware')
  })
})
