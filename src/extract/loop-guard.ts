import type { Alert } from '../core/alert.ts'
import { isRecord } from '../core/json.ts'

/**
 * Integrations that look values up and write the answer back into Wazuh: their alerts quote the value that was
 * looked up, and sometimes the whole alert it came from. Names are compared without case and without the `custom-` that
 * Wazuh wants before own integrations (Wazuh 4.x, integratord). integratord's scripts give their name as the location.
 */
const LOCATIONS: readonly string[] = [
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
  'recordedfuture',
  'threat_intel',
  'threatintel',
]

/**
 * Rule groups of such alerts, alone or with a word behind (`misp_alert`). Fewer than the locations: a rule group named
 * after a product may also mark what that product detected by itself.
 */
const GROUPS: readonly string[] = [
  'tripline',
  'virustotal',
  'maltiverse',
  'misp',
  'opencti',
  'abuseipdb',
  'threat_intel',
]

export interface LoopGuard {
  /** Whether an alert was caused by Tripline or by another threat-intelligence integration. */
  isOwn(alert: Alert): boolean
}

/**
 * `data.integration` alone is no proof: whoever writes a JSON log can write it. It counts for Tripline's own events,
 * which may come through a log file, and for the names in `more`, which also count as location and group. Own events have
 * an object `tripline` in any case: they may go by another integration's name, and meet rules of any group.
 */
export function createLoopGuard(more: readonly string[]): LoopGuard {
  const own = more.map(plain)
  const isLocation = nameTest([...LOCATIONS, ...own])
  const isGroup = nameTest([...GROUPS, ...own], 'or with a word behind')
  const isIntegration = nameTest(['tripline', ...own])
  return {
    isOwn: (alert) =>
      alert.groups.some(isGroup) ||
      isLocation(alert.location) ||
      isIntegration(dataField(alert, 'integration')) ||
      isRecord(dataField(alert, 'tripline')) ||
      isActiveResponse(alert),
  }
}

/** The id of an own event that tells of a match, once it came back as an alert; undefined for other alerts and events. */
export function ownEventId(alert: Alert): string | undefined {
  const own = dataField(alert, 'tripline')
  return isRecord(own) && typeof own['event_id'] === 'string' ? own['event_id'] : undefined
}

type NameTest = (text: unknown) => boolean

/** Asked for every group of every alert: two letters rule out nearly all of them. */
function nameTest(names: readonly string[], extent: 'whole' | 'or with a word behind' = 'whole'): NameTest {
  const known = new Set(names)
  const beginnings = new Set([...names, 'custom'].map((name) => name.slice(0, 2)))
  return (text) => {
    if (typeof text !== 'string' || !beginnings.has(text.slice(0, 2).toLowerCase())) return false
    const name = plain(text)
    const cut = extent === 'whole' ? -1 : name.indexOf('_')
    return known.has(name) || (cut > 0 && known.has(name.slice(0, cut)))
  }
}

function plain(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/^custom-/, '')
    .replaceAll('-', '_')
}

function dataField(alert: Alert, key: string): unknown {
  const data = alert.body['data']
  return isRecord(data) ? data[key] : undefined
}

/** Active-response logs carry the alert that triggered them below `data.parameters.alert` (Wazuh 4.2 and later). */
function isActiveResponse(alert: Alert): boolean {
  const parameters = dataField(alert, 'parameters')
  if (!isRecord(parameters) || !isRecord(parameters['alert'])) return false
  const decoder = alert.body['decoder']
  return (
    alert.groups.includes('active_response') ||
    alert.location.endsWith('active-responses.log') ||
    (isRecord(decoder) && decoder['name'] === 'ar_log_json')
  )
}
