import type { Alert } from '../core/alert.ts'

/**
 * Integrations that look values up and write the answer back into Wazuh: their alerts quote the value that was
 * looked up, and sometimes the whole alert it came from. Compared without case and without the `custom-` that Wazuh
 * wants before own integrations (Wazuh 4.x, integratord).
 */
const INTEGRATIONS: readonly string[] = [
  'tripline',
  'virustotal',
  'virustotal_ip',
  'maltiverse',
  'misp',
  'opencti',
  'abuseipdb',
  'alienvault',
  'otx',
  'threatfox',
  'urlhaus',
  'greynoise',
  'criminalip',
  'shodan',
  'thehive',
  'yeti',
  'crowdsec',
  'recordedfuture',
  'threat_intel',
  'threatintel',
]

export interface LoopGuard {
  /** Whether an alert was caused by Tripline or by another threat-intelligence integration. */
  isOwn(alert: Alert): boolean
}

/** `more`: further values of `data.integration` or of `rule.groups`. */
export function createLoopGuard(more: readonly string[]): LoopGuard {
  const names = new Set([...INTEGRATIONS, ...more.map(plain)])
  const beginnings = new Set([...names, 'custom'].map((name) => name.slice(0, 2)))
  const isName = (text: unknown): boolean =>
    typeof text === 'string' && mayBegin(beginnings, text) && isKnown(plain(text), names)
  return {
    isOwn: (alert) =>
      alert.groups.some(isName) ||
      isName(alert.location) ||
      isName(dataField(alert, 'integration')) ||
      isActiveResponse(alert),
  }
}

/** Asked for every group of every alert: two letters rule out nearly all of them. Blanks before a name are rare. */
function mayBegin(beginnings: ReadonlySet<string>, text: string): boolean {
  return text.startsWith(' ') || beginnings.has(text.slice(0, 2).toLowerCase())
}

function plain(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/^custom-/, '')
    .replaceAll('-', '_')
}

/** `misp`, `misp_alert`, `opencti_error`: a known name, alone or with a word behind it. */
function isKnown(name: string, names: ReadonlySet<string>): boolean {
  if (names.has(name)) return true
  const cut = name.indexOf('_')
  return cut > 0 && names.has(name.slice(0, cut))
}

function dataField(alert: Alert, key: string): unknown {
  const data = alert.body['data']
  return isRecord(data) ? data[key] : undefined
}

/** Active-response logs carry the alert that triggered them below `data.parameters.alert` (Wazuh 4.2 and later). */
function isActiveResponse(alert: Alert): boolean {
  const parameters = dataField(alert, 'parameters')
  return isRecord(parameters) && isRecord(parameters['alert'])
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
