import { testEvent } from '../../src/app/doctor/test-event.ts'
import type { OpenCtiObservable } from '../../src/core/opencti.ts'
import type { Notice } from '../../src/core/ports.ts'
import { wazuhLines, wazuhNoticeLine } from '../../src/sinks/wazuh-events.ts'
import {
  byObservable,
  byPattern,
  byRelated,
  indicatorOf,
  openCtiMatch,
  type OpenCtiMatchOptions,
} from './opencti-samples.ts'
import { sampleAlert, sampleMatch } from './sink-samples.ts'

const FORMAT = { integration: 'misp', maxIndicatorEvents: 3, maxObservableEvents: 3 }

const address = '203.0.113.66'
const domain = 'login.example.net'

const c2 = indicatorOf('9c2f7a10-0000-4000-8000-000000000001', {
  name: `${address} c2`,
  x_opencti_score: 80,
  confidence: 70,
  valid_until: '2027-01-01T00:00:00.000Z',
  indicator_types: ['malicious-activity'],
  pattern_type: 'stix',
  pattern: `[ipv4-addr:value = '${address}']`,
  labels: ['c2'],
})
const phishing = indicatorOf('9c2f7a10-0000-4000-8000-000000000002', {
  name: 'example.net',
  x_opencti_score: 60,
  pattern_type: 'stix',
  pattern: "[domain-name:value = 'example.net']",
})
const observable: OpenCtiObservable = {
  id: '51aa2f00-0000-4000-8000-000000000001',
  type: 'Domain-Name',
  observable_value: domain,
  value: domain,
  labels: ['phishing'],
}
const related = { id: '77bc0000-0000-4000-8000-000000000001', type: 'IPv4-Addr', value: address }

const alert = sampleAlert({ id: '1773043200.1' })
const changes = { id: 'sample' }
const seenAddress: OpenCtiMatchOptions = { alert, value: address, changes }
const seenDomain: OpenCtiMatchOptions = { alert, type: 'domain', value: domain, changes }

const failing: Notice = {
  provider: 'cti',
  platform: 'opencti',
  kind: 'failing',
  code: 'PROVIDER_UNREACHABLE',
  message: 'cti.example.org does not answer',
  at: Date.UTC(2026, 2, 9, 8),
}

/** One line of each kind that the sinks for Wazuh write, by the number of the rule that it is for. */
export const WAZUH_SAMPLES: readonly (readonly [rule: string, line: string])[] = [
  ...[
    openCtiMatch([byPattern(c2)], seenAddress),
    openCtiMatch([byObservable(c2, observable)], seenDomain),
    openCtiMatch([byRelated(c2, { ...related, relationship: 'resolves-to' }, observable)], seenDomain),
    openCtiMatch([byPattern(phishing)], { ...seenDomain, kind: 'parent-domain' }),
    sampleMatch({ alert, ...changes }),
  ].map((match, place) => {
    const [line] = wazuhLines([match], FORMAT)
    return [['100212', '100213', '100214', '100215', '100622'][place] ?? '', line?.text ?? ''] as const
  }),
  ['100211', wazuhNoticeLine(failing, FORMAT)],
  ['100621', wazuhNoticeLine({ ...failing, provider: 'misp', platform: 'misp' }, FORMAT)],
  ['119621', wazuhNoticeLine({ ...failing, kind: 'recovered', message: 'OpenCTI answers again' }, FORMAT)],
  ['119622', testEvent({ id: 'doctor/sample', at: failing.at, host: 'wazuh-1' })],
]
