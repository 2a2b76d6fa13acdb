import type { Alert } from '../core/alert.ts'
import type { Match, MatchedIndicator } from '../core/match.ts'
import { ruleDescription } from './record.ts'
import { leafFlag, leafList, leafNumber, leafText, leafTime } from './wazuh-leaf.ts'
import type { Fields } from './wazuh-line.ts'

/** Bounds of the leaves, as JSON. Canonical values have at most 8,192 characters and are cut only when they grow by escapes. */
export const VALUE = 8192
export const TEXT = 1024
export const NAME = 256
export const NAMES = { maxItems: 20, maxBytes: 128 } as const
const PATHS = { maxItems: 10, maxBytes: NAME } as const

/**
 * What only Tripline knows of a match, the same for every integration: the fields below `tripline`. `place`: of the event among
 * those of its alert, which may be several of one match; always the same for the same delivery.
 */
export function triplineFields(
  match: Match,
  { indicator, kind, heldBy, warnings }: MatchedIndicator,
  place: number,
): Fields {
  const { observable, indicators } = match
  const providers = [...new Set(indicators.map((entry) => entry.indicator.provider))]
  return {
    'tripline.event': 'match',
    'tripline.id': leafText(match.id, NAME),
    'tripline.event_id': `${leafText(match.id, NAME) ?? ''}/${place}`,
    'tripline.kind': kind,
    'tripline.via': match.via,
    'tripline.observable.type': observable.type,
    'tripline.observable.value': leafText(observable.value, VALUE),
    'tripline.observable.where': leafList(observable.where, PATHS),
    'tripline.provider': leafText(indicator.provider, NAME),
    'tripline.source': leafText(indicator.source, TEXT),
    'tripline.ref': leafText(indicator.ref, NAME),
    'tripline.providers': leafList(providers, NAMES),
    'tripline.indicators': leafNumber(indicators.length),
    'tripline.score': leafNumber(indicator.score),
    'tripline.confidence': leafNumber(indicator.confidence),
    'tripline.held_by': heldBy,
    'tripline.warning_lists': leafList(warnings, NAMES),
    'tripline.matched_at': leafTime(match.matchedAt),
    'tripline.stale': leafFlag(match.stale === true),
    'tripline.delayed': leafFlag(match.delayedSince !== undefined),
    'tripline.seen_at': leafTime(match.delayedSince),
    'tripline.repeats': match.repeats > 0 ? leafNumber(match.repeats) : undefined,
  }
}

/** The alert it was found in: enough to find it again. */
export function alertFields(prefix: string, alert: Alert): Fields {
  return {
    [`${prefix}.description`]: leafText(ruleDescription(alert), TEXT),
    [`${prefix}.alert_id`]: leafText(alert.id, NAME),
    [`${prefix}.rule_id`]: leafText(alert.ruleId, NAME),
    [`${prefix}.rule_level`]: leafNumber(alert.level),
    [`${prefix}.agent_id`]: leafText(alert.agent.id, NAME),
    [`${prefix}.agent_name`]: leafText(alert.agent.name, NAME),
    [`${prefix}.manager`]: leafText(alert.manager, NAME),
    [`${prefix}.node`]: leafText(alert.node, NAME),
    [`${prefix}.timestamp`]: leafText(alert.timestamp, NAME),
    [`${prefix}.location`]: leafText(alert.location, TEXT),
  }
}
