import type { Alert } from '../../src/core/alert.ts'
import type { Indicator } from '../../src/core/indicator.ts'
import type { Match, ParsedAlert } from '../../src/core/match.ts'
import type { Delivery } from '../../src/core/ports.ts'

/** An alert as the sources give it, with the fields the records are made of. */
export function sampleAlert(changes: Partial<Alert> = {}): Alert {
  return {
    id: '1773043200.4711',
    time: Date.UTC(2026, 2, 9, 8, 0, 0, 123),
    timestamp: '2026-03-09T08:00:00.123+0000',
    level: 5,
    ruleId: '5710',
    groups: ['syslog', 'sshd'],
    agent: { id: '007', name: 'web-07' },
    manager: 'wazuh-1',
    node: '',
    location: '/var/log/auth.log',
    origin: { file: '/var/ossec/logs/alerts/alerts.json', offset: 9000 },
    digest: 1n,
    body: {
      timestamp: '2026-03-09T08:00:00.123+0000',
      rule: {
        id: '5710',
        level: 5,
        description: 'sshd: attempt to login',
        groups: ['syslog', 'sshd'],
        mail: false,
      },
      agent: { id: '007', name: 'web-07', ip: '10.0.0.7' },
      data: { srcip: '203.0.113.66' },
    },
    ...changes,
  }
}

export function sampleIndicator(changes: Partial<Indicator> = {}): Indicator {
  return {
    type: 'ipv4',
    value: '203.0.113.66',
    provider: 'lists',
    source: 'botnet.csv',
    ref: 'botnet.csv:12',
    sourceType: 'ip-dst',
    tags: [],
    ...changes,
  }
}

/** With every field an indicator can have. */
export const everything: Required<Omit<Indicator, 'context'>> = {
  type: 'ipv4',
  value: '203.0.113.0/24',
  provider: 'misp-main',
  source: 'event 1201',
  ref: '5f6c2b1e-0000-4000-8000-000000000001',
  sourceType: 'ip-dst|port',
  composite: '203.0.113.66|443',
  pattern: "[ipv4-addr:value = '203.0.113.0/24' AND file:name = 'a.exe']",
  title: 'Emotet C2',
  event: '1201',
  eventUuid: '5f6c2b1e-0000-4000-8000-0000000004b1',
  eventDate: '2026-03-01',
  threatLevel: 'high',
  organisation: 'CERT Example',
  category: 'Network activity',
  comment: 'seen in March',
  tags: ['tlp:amber', 'malware:emotet'],
  tlp: 'amber+strict',
  threatActors: ['TA542', 'Mealybug'],
  malware: ['Emotet'],
  attackPatterns: ['T1566 Phishing'],
  killChainPhases: ['mitre-attack:initial-access'],
  firstSeen: Date.UTC(2026, 2, 1),
  lastSeen: Date.UTC(2026, 2, 8, 12),
  score: 85,
  confidence: 70,
  detection: true,
  validFrom: Date.UTC(2026, 0, 1),
  validUntil: Date.UTC(2027, 0, 1),
  revoked: false,
  link: 'https://misp.example/events/view/1201',
}

export function sampleMatch(changes: Partial<Match> = {}): Match {
  return {
    id: 'm-1',
    alert: sampleAlert(),
    observable: { type: 'ipv4', value: '203.0.113.66', where: ['data.srcip'] },
    kind: 'exact',
    via: 'mirror',
    indicators: [{ indicator: sampleIndicator(), kind: 'exact' }],
    matchedAt: Date.UTC(2026, 2, 9, 8, 0, 1),
    repeats: 0,
    suppressedBy: [],
    ...changes,
  }
}

/** `count` matches and as many parsed alerts, told apart by ids that begin with `prefix`. */
export function sampleDelivery(prefix: string, count: number): Delivery {
  const ids = Array.from({ length: count }, (_, number) => `${prefix}-${number}`)
  return {
    parsed: ids.map((id): ParsedAlert => ({
      alert: sampleAlert({ id }),
      observables: [{ type: 'ipv4', value: '203.0.113.66', where: ['data.srcip'] }],
    })),
    matches: ids.map((id) => sampleMatch({ id, alert: sampleAlert({ id }) })),
  }
}
