import { expect, it } from 'vitest'
import { alertOf } from '../../test/support/alerts.ts'
import { createLoopGuard, ownEventId } from './loop-guard.ts'

const guard = createLoopGuard(['in-house-intel'])
const OWN_EVENT = '{"integration":"tripline","tripline":{"event":"match","event_id":"m-1/2"}}'

/** A document of Wazuh 5. */
function document(
  event: Record<string, unknown> = {},
  wazuh: Record<string, unknown> = {},
): Record<string, unknown> {
  return { event, wazuh: { agent: { id: '006' }, ...wazuh } }
}

const trigger = { parameters: { alert: { data: { srcip: '9.9.9.9' } } } }

it.each<[string, Record<string, unknown>]>([
  ['own events', { data: { integration: 'tripline' } }],
  ['own events under any name', { data: { integration: 'misp', tripline: { event: 'match' } } }],
  ['own events of an integration script', { data: { integration: 'custom-tripline' } }],
  ['VirusTotal', { rule: { groups: ['virustotal'] }, location: 'virustotal' }],
  ['MISP by group', { rule: { groups: ['local', 'misp_alert'] } }],
  ['MISP by location', { location: 'custom-misp' }],
  ['OpenCTI by location', { location: 'opencti' }],
  ['AbuseIPDB', { location: 'abuseipdb', data: { integration: 'custom-abuseipdb' } }],
  ['active response by group', { rule: { groups: ['ossec', 'active_response'] }, data: trigger }],
  ['active response by log', { location: '/var/ossec/logs/active-responses.log', data: trigger }],
  ['active response by decoder', { decoder: { name: 'ar_log_json' }, data: trigger }],
  ['the user’s own word', { data: { integration: 'custom-in-house-intel' } }],
  ['records of the match log', { data: { schema: 'tripline.match/1', id: 'm-1' } }],
  ['own events through Wazuh 5', document({ original: OWN_EVENT })],
  ['own records through Wazuh 5', document({ original: '{"schema":"tripline.match/1","id":"m-1"}' })],
  [
    'own events under any name through Wazuh 5',
    document({ original: '{"integration":"misp","tripline":{}}' }),
  ],
  ['own events that a decoder of Wazuh 5 took apart', { ...document(), tripline: { event: 'match' } }],
  [
    'own decoders of Wazuh 5',
    document({}, { integration: { decoders: ['decoder/json/0', 'decoder/tripline/0'] } }),
  ],
  ['own rules of Wazuh 5', document({}, { rule: { tags: ['attack.t1', 'Tripline'] } })],
  ['integrations of Wazuh 5', document({}, { integration: { name: 'VirusTotal' } })],
  ['the user’s own word in Wazuh 5', document({}, { integration: { name: 'in-house-intel' } })],
  ['the user’s own tag in Wazuh 5', document({}, { rule: { tags: ['in-house-intel'] } })],
  ['active responses of Wazuh 5', document({}, { active_response: { name: 'block-ip' } })],
  [
    'active responses of Wazuh 5 by log',
    {
      ...document({ original: '2026/05/20 active-response/bin/block-ip: {}' }),
      location: '/var/ossec/logs/active-responses.log',
    },
  ],
])('T17, R37: drops %s', (_, body) => expect(guard.isOwn(alertOf(body))).toBe(true))

it.each<[string, Record<string, unknown>]>([
  ['cloud logs', { data: { integration: 'aws' }, location: 'Wazuh-AWS' }],
  ['Office 365 threat intelligence', { rule: { groups: ['office365', 'ThreatIntelligence'] } }],
  ['lists of the manager', { rule: { groups: ['malicious_ioc', 'attack'] } }],
  ['detections of CrowdSec', { rule: { groups: ['crowdsec', 'crowdsec_local'] } }],
  ['rules about scanners', { rule: { groups: ['web', 'shodan_scanner'] } }],
  ['a log that only claims to be an integration', { data: { integration: 'misp' } }],
  ['a log that only looks like an active response', { data: trigger }],
  ['odd shapes', { data: { integration: ['tripline'], parameters: 'alert', tripline: 'match' } }],
  ['no data', {}],
  [
    'findings whose rule is about threat intelligence',
    document({}, { rule: { tags: ['threat-intel', 'misp'] } }),
  ],
  ['logs that only name Tripline', document({ original: '{"text":"\\"tripline\\"","integration":"aws"}' })],
  ['logs that are no object', document({ original: '["tripline"]' })],
  ['logs that are torn', document({ original: '{"tripline":{"event":' })],
  [
    'odd shapes in Wazuh 5',
    document({ original: 5 }, { integration: 'tripline', rule: { tags: 'tripline' } }),
  ],
  ['findings that Wazuh 5 enriched', document({}, { threat: { enrichments: [{ matched: {} }] } })],
])('keeps %s', (_, body) => expect(guard.isOwn(alertOf(body))).toBe(false))

it('knows the id of an own event that came back', () => {
  expect(
    ownEventId(
      alertOf({ data: { integration: 'misp', tripline: { event: 'match', id: 'm-1', event_id: 'm-1/2' } } }),
    ),
  ).toBe('m-1/2')
  expect(ownEventId(alertOf(document({ original: OWN_EVENT })))).toBe('m-1/2')
  for (const data of [
    {},
    { tripline: 'm-1' },
    { tripline: { event: 'failing' } },
    { tripline: { id: 'm-1' } },
    { tripline: { event_id: ['m-1/2'] } },
  ])
    expect(ownEventId(alertOf({ data }))).toBeUndefined()
})
