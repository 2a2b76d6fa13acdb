import type { Alert } from '../core/alert.ts'
import { recordAt, textAt, textsIn } from '../core/json-fields.ts'
import type { Match, MatchedIndicator } from '../core/match.ts'
import { clip } from '../core/text.ts'
import { agentOf, ruleOf, wazuh5 } from '../core/wazuh5.ts'
import type { IndicatorRecord, MatchRecord } from './schema.ts'
import { alertTime, isoTime } from './times.ts'

/** Bounds of one record. Wazuh cuts descriptions and group lists at 1,024 characters (4.14); feeds know no limit. */
const MAX_NAME = 512
const MAX_TEXT = 2048
const MAX_LIST = 100
/** Actors, malware and warning-lists of one indicator; galaxies and lists have names of some 40 characters. */
const MAX_NAMES = 20
const MAX_SHORT_NAME = 128

interface Bounded<T> {
  readonly list: T[]
  readonly omitted: number
}

export function bounded<T>(items: readonly T[], max: number = MAX_LIST): Bounded<T> {
  return { list: items.slice(0, max), omitted: Math.max(0, items.length - max) }
}

/** `{ [key]: value }`, or nothing where the value is absent. */
function present<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value }
function present(key: string, value: unknown): Record<string, unknown> {
  return value === undefined ? {} : { [key]: value }
}

function finite(value: number | undefined): number | undefined {
  return Number.isFinite(value) ? value : undefined
}

function text(value: string | undefined, max = MAX_TEXT): string | undefined {
  return value === undefined ? undefined : clip(value, max)
}

function time(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : isoTime(ms)
}

/** Undefined where there are none: an absent list. */
function names(list: readonly string[] | undefined): string[] | undefined {
  if (list === undefined || list.length === 0) return undefined
  return bounded(list, MAX_NAMES).list.map((name) => clip(name, MAX_SHORT_NAME))
}

/** What the rule says of itself, clipped: `description`, of Wazuh 5 `title`. Undefined when it says nothing. */
export function ruleDescription({ body }: Alert): string | undefined {
  return text(textAt(ruleOf(body), wazuh5(body) === undefined ? 'description' : 'title') || undefined)
}

/** The address of the agent; of Wazuh 5, which knows several, the first one. */
export function agentAddress({ body }: Alert): string | undefined {
  const agent = agentOf(body)
  const host = recordAt(agent, 'host')
  const address =
    wazuh5(body) === undefined ? textAt(agent, 'ip') : (textsIn(host['ip'])[0] ?? textAt(host, 'ip'))
  return text(address || undefined)
}

function alertRecord(alert: Alert): MatchRecord['alert'] {
  return {
    id: clip(alert.id, MAX_NAME),
    ...present('time', alertTime(alert.time)),
    timestamp: clip(alert.timestamp, MAX_NAME),
    rule: {
      id: clip(alert.ruleId, MAX_NAME),
      level: alert.level,
      description: ruleDescription(alert) ?? '',
      groups: bounded(alert.groups).list.map((group) => clip(group, MAX_NAME)),
    },
    agent: {
      id: clip(alert.agent.id, MAX_NAME),
      name: clip(alert.agent.name, MAX_NAME),
      ...present('ip', agentAddress(alert)),
    },
    manager: clip(alert.manager, MAX_NAME),
    node: clip(alert.node, MAX_NAME),
    location: clip(alert.location, MAX_TEXT),
    file: alert.origin.file,
    offset: alert.origin.offset,
  }
}

/** The record of one indicator, `docs/output.md`. */
export function indicatorRecord({ indicator, kind, heldBy, warnings }: MatchedIndicator): IndicatorRecord {
  const tags = bounded(indicator.tags)
  return {
    provider: indicator.provider,
    source: clip(indicator.source, MAX_TEXT),
    type: indicator.type,
    value: indicator.value,
    kind,
    ...present('held_by', heldBy),
    ...present('warning_lists', names(warnings)),
    ref: clip(indicator.ref, MAX_TEXT),
    source_type: clip(indicator.sourceType, MAX_NAME),
    ...present('composite', indicator.composite),
    ...present('pattern', text(indicator.pattern)),
    ...present('title', text(indicator.title)),
    ...present('event', text(indicator.event, MAX_NAME)),
    ...present('event_uuid', text(indicator.eventUuid, MAX_NAME)),
    ...present('event_date', text(indicator.eventDate, MAX_NAME)),
    ...present('threat_level', text(indicator.threatLevel, MAX_NAME)),
    ...present('organisation', text(indicator.organisation, MAX_NAME)),
    ...present('category', text(indicator.category, MAX_NAME)),
    ...present('comment', text(indicator.comment)),
    tags: tags.list.map((tag) => clip(tag, MAX_NAME)),
    ...present('tags_omitted', tags.omitted || undefined),
    ...present('tlp', indicator.tlp),
    ...present('threat_actors', names(indicator.threatActors)),
    ...present('malware', names(indicator.malware)),
    ...present('attack_patterns', names(indicator.attackPatterns)),
    ...present('kill_chain_phases', names(indicator.killChainPhases)),
    ...present('first_seen', time(indicator.firstSeen)),
    ...present('last_seen', time(indicator.lastSeen)),
    ...present('score', finite(indicator.score)),
    ...present('confidence', finite(indicator.confidence)),
    ...present('detection', indicator.detection),
    ...present('valid_from', time(indicator.validFrom)),
    ...present('valid_until', time(indicator.validUntil)),
    ...present('revoked', indicator.revoked),
    ...present('link', text(indicator.link)),
  }
}

/** What a record says of a match before its indicators, `docs/output.md`. Every list and free text in it is bounded. */
export type MatchHead = Pick<MatchRecord, 'schema' | 'id' | 'timestamp' | 'alert' | 'observable' | 'match'>

export function matchHead(match: Match): MatchHead {
  const { alert, observable, indicators } = match
  const where = bounded(observable.where)
  return {
    schema: 'tripline.match/1',
    id: match.id,
    timestamp: new Date(match.matchedAt).toISOString(),
    alert: alertRecord(alert),
    observable: {
      type: observable.type,
      value: observable.value,
      where: where.list.map((path) => clip(path, MAX_NAME)),
      ...present('where_omitted', where.omitted || undefined),
    },
    match: {
      kind: match.kind,
      via: match.via,
      ...present('stale', match.stale),
      ...delay(match),
      ...present('repeats', match.repeats || undefined),
      ...present('suppressed_by', match.suppressedBy.length > 0 ? [...match.suppressedBy] : undefined),
      providers: bounded([...new Set(indicators.map(({ indicator }) => indicator.provider))]).list,
    },
  }
}

/** Both times of a match whose answer came late: `seen_at` here, and `timestamp` of the record. */
function delay({ delayedSince }: Match): Pick<MatchRecord['match'], 'delayed' | 'seen_at'> {
  return delayedSince === undefined ? {} : { delayed: true, ...present('seen_at', isoTime(delayedSince)) }
}

/** The one that stands for a match where there is room for one: the first that is not held back. */
export function leadOf({ indicators }: Match): MatchedIndicator {
  return indicators.find(({ heldBy }) => heldBy === undefined) ?? indicators[0]
}

/** One indicator in the keys of the older processor. */
export function mispRecord(match: Match): MatchRecord['misp'] {
  const { indicator } = leadOf(match)
  return {
    event_id: text(indicator.event, MAX_NAME) ?? '',
    category: text(indicator.category, MAX_NAME) ?? '',
    type: clip(indicator.sourceType, MAX_NAME),
    value: indicator.value,
  }
}
