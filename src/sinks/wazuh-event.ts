import type { Match, MatchedIndicator } from '../core/match.ts'
import type { Notice } from '../core/ports.ts'
import { leadOf } from './record.ts'
import { leafList, leafText, leafTime } from './wazuh-leaf.ts'
import { eventLine, type Fields } from './wazuh-line.ts'
import { alertFields, NAME, NAMES, TEXT, triplineFields, VALUE } from './wazuh-own.ts'

/**
 * Longest event, in bytes. Wazuh's queue takes 65,535 with a header before it, and cuts longer ones; its log collector
 * drops lines of 65,280 and more (4.14, recorded). The rest is for the header, which names the file.
 */
export const MAX_EVENT_BYTES = 64_000

export interface WazuhEventFormat {
  /** `integration` of the events in MISP's form: what Wazuh's rules tell them by. */
  readonly integration: string
  /** At least 20,000; `MAX_EVENT_BYTES` when absent. */
  readonly maxBytes?: number
  /** Most events of an alert that tell an indicator, and that tell an observable, of OpenCTI. */
  readonly maxIndicatorEvents: number
  readonly maxObservableEvents: number
}

type MispFormat = Pick<WazuhEventFormat, 'integration' | 'maxBytes'>

/** MISP's own word for what belongs to no category. The known rules take an event for a match by its category alone. */
const NO_CATEGORY = 'Other'

const TAGS = { maxItems: 20, maxBytes: 256 } as const

/** What is left out of an event that is too long, in this order. What rules and dashboards work with always stays. */
const DROP_ORDER = [
  'tripline.warning_lists',
  'tripline.observable.where',
  'misp.malware',
  'misp.threat_actors',
  'misp.tags',
  'misp.comment',
  'misp.composite',
  'tripline.providers',
  'tripline.source',
  'misp.permalink',
  'misp.event_info',
  'misp.source.location',
  'tripline.observable.value',
] as const

/**
 * A match as an event for Wazuh: one line of JSON without the line end, at most `maxBytes` long. All leaves are texts, since
 * analysisd makes texts of numbers and gives large ones six decimals. The keys of `misp` are those of the MISP scripts in use
 * since 2022 (rules 100620 to 100622), with further context; what only Tripline knows stands in `tripline`.
 */
export function wazuhEvent(match: Match, format: MispFormat): string {
  const entry = leadOf(match)
  const fields = {
    ...mispFields(entry),
    ...alertFields('misp.source', match.alert),
    // Those about OpenCTI, which a match may have as well, count from 1.
    ...triplineFields(match, entry, 0),
  }
  return mispLine(fields, format)
}

/**
 * A provider's trouble: an error event (rule 100621). Its end goes under Tripline's own name, because the known rules
 * raise level 10 for whatever is neither a match nor an error.
 */
export function wazuhNoticeEvent(notice: Notice, format: MispFormat): string {
  const { kind, code, provider, at } = notice
  const message = leafText(notice.message, TEXT) ?? code
  const trouble = { code, provider: leafText(provider, NAME) }
  const own = { 'tripline.event': kind, 'tripline.provider': trouble.provider, 'tripline.at': leafTime(at) }
  if (kind === 'recovered')
    return mispLine(
      { ...own, 'tripline.code': code, 'tripline.message': message },
      { ...format, integration: 'tripline' },
    )
  const fields = { 'misp.error': message, 'misp.code': code, 'misp.provider': trouble.provider }
  return mispLine({ ...fields, ...own }, format)
}

function mispFields({ indicator }: MatchedIndicator): Fields {
  return {
    'misp.event_id': leafText(indicator.event, NAME),
    'misp.category': leafText(indicator.category, NAME) ?? NO_CATEGORY,
    'misp.value': leafText(indicator.value, VALUE),
    'misp.type': leafText(indicator.sourceType, NAME) ?? indicator.type,
    'misp.composite': leafText(indicator.composite, VALUE),
    'misp.comment': leafText(indicator.comment, TEXT),
    'misp.uuid': isUuid(indicator.ref) ? indicator.ref : undefined,
    'misp.event_uuid': leafText(indicator.eventUuid, NAME),
    'misp.event_info': leafText(indicator.title, TEXT),
    'misp.event_date': leafText(indicator.eventDate, NAME),
    'misp.threat_level': leafText(indicator.threatLevel, NAME),
    'misp.org': leafText(indicator.organisation, NAME),
    'misp.tags': leafList(indicator.tags, TAGS),
    'misp.tlp': indicator.tlp,
    'misp.threat_actors': leafList(indicator.threatActors, NAMES),
    'misp.malware': leafList(indicator.malware, NAMES),
    'misp.first_seen': leafTime(indicator.firstSeen),
    'misp.last_seen': leafTime(indicator.lastSeen),
    'misp.permalink': leafText(indicator.link, 2 * TEXT),
  }
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
}

function mispLine(fields: Fields, { integration, maxBytes = MAX_EVENT_BYTES }: MispFormat): string {
  return eventLine(fields, { integration, maxBytes, dropOrder: DROP_ORDER })
}
