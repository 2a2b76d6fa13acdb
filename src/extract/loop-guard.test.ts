import { expect, it } from 'vitest'
import { alertOf } from '../../test/support/alerts.ts'
import { createLoopGuard } from './loop-guard.ts'

const guard = createLoopGuard(['in-house-intel'])

it.each<[string, Record<string, unknown>]>([
  ['own events', { data: { integration: 'tripline' } }],
  ['own integration script', { data: { integration: 'custom-tripline' } }],
  ['VirusTotal', { rule: { groups: ['virustotal'] }, data: { integration: 'virustotal' } }],
  ['MISP by group', { rule: { groups: ['misp', 'misp_alert'] } }],
  ['MISP by integration', { data: { integration: 'custom-misp' } }],
  ['OpenCTI by location', { location: 'opencti' }],
  ['AbuseIPDB', { data: { integration: 'custom-abuseipdb' } }],
  [
    'active response with the alert inside',
    { data: { parameters: { alert: { data: { srcip: '9.9.9.9' } } } } },
  ],
  ['the user’s own word', { data: { integration: 'custom-in-house-intel' } }],
])('drops %s', (_, body) => expect(guard.isOwn(alertOf(body))).toBe(true))

it.each<[string, Record<string, unknown>]>([
  ['cloud logs', { data: { integration: 'aws' }, location: 'Wazuh-AWS' }],
  ['Office 365 threat intelligence', { rule: { groups: ['office365', 'ThreatIntelligence'] } }],
  ['lists of the manager', { rule: { groups: ['malicious_ioc', 'attack'] } }],
  ['odd shapes', { data: { integration: ['misp'], parameters: 'alert' } }],
  ['no data', {}],
])('keeps %s', (_, body) => expect(guard.isOwn(alertOf(body))).toBe(false))
