import type { Alert } from '../core/alert.ts'
import { recordAt, textAt, textsIn } from '../core/json-fields.ts'
import { isRecord, parseJson, type JsonObject } from '../core/json.ts'
import { readersOf, ruleOf, wazuh5 } from '../core/wazuh5.ts'

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

/** Of the records in `ioc-matched.log`, `tripline.match/1`. */
const OWN_SCHEMA = 'tripline.'

/**
 * `data.integration` alone is no proof: whoever writes a JSON log can write it. It counts for Tripline's own events,
 * which may come through a log file, and for the names in `more`, which also count as location and group. Own events have
 * an object `tripline` in any case: they may go by another integration's name, and meet rules of any group.
 * Wazuh 5 has no such integrations any more, and its tags say what a rule is about (`threat-intel`): only the integration and its
 * decoders count like a location, and a tag only when it is Tripline's or in `more`.
 */
export function createLoopGuard(more: readonly string[]): LoopGuard {
  const own = more.map(plain)
  const isLocation = nameTest([...LOCATIONS, ...own])
  const isGroup = nameTest([...GROUPS, ...own], 'or with a word behind')
  const isIntegration = nameTest(['tripline', ...own])
  const isOwnLog = (log: JsonObject): boolean =>
    isIntegration(log['integration']) ||
    isRecord(log['tripline']) ||
    textAt(log, 'schema').startsWith(OWN_SCHEMA)
  return {
    isOwn: (alert) => {
      if (isLocation(alert.location) || isOwnLog(logOf(alert))) return true
      const product = wazuh5(alert.body)
      if (product === undefined) return alert.groups.some(isGroup) || isActiveResponse(alert)
      return (
        readersOf(product).some(isLocation) ||
        textsIn(ruleOf(alert.body)['tags']).some(isIntegration) ||
        isRecord(product['active_response']) ||
        alert.location.endsWith(ACTIVE_RESPONSES)
      )
    },
  }
}

/** The id of an own event that tells of a match, once it came back as an alert; undefined for other alerts and events. */
export function ownEventId(alert: Alert): string | undefined {
  return textAt(recordAt(logOf(alert), 'tripline'), 'event_id') || undefined
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

/**
 * The JSON log an alert was made of, by field: `data`. Wazuh 5 keeps it as text beside the fields that a decoder made of it; it is
 * parsed only when it may be an own event.
 */
function logOf({ body }: Alert): JsonObject {
  if (wazuh5(body) === undefined) return recordAt(body, 'data')
  const text = textAt(recordAt(body, 'event'), 'original')
  const mayBeOwn = text.includes('"tripline') || text.includes('"integration"')
  const log = mayBeOwn && text.trimStart().startsWith('{') ? parseJson(text) : undefined
  // An own decoder may have made an object of it at the top.
  return isRecord(log) ? log : body
}

const ACTIVE_RESPONSES = 'active-responses.log'

/** Active-response logs carry the alert that triggered them below `data.parameters.alert` (Wazuh 4.2 and later; 5: all of it, as text). */
function isActiveResponse(alert: Alert): boolean {
  const parameters = recordAt(recordAt(alert.body, 'data'), 'parameters')
  if (!isRecord(parameters['alert'])) return false
  return (
    alert.groups.includes('active_response') ||
    alert.location.endsWith(ACTIVE_RESPONSES) ||
    textAt(recordAt(alert.body, 'decoder'), 'name') === 'ar_log_json'
  )
}
