import type { Match } from '../../core/match.ts'
import { leafList, leafText } from '../wazuh-leaf.ts'
import { MAX_EVENT_BYTES, type WazuhEventFormat } from '../wazuh-event.ts'
import { eventLine, type Fields } from '../wazuh-line.ts'
import { alertFields, NAME, NAMES, TEXT, triplineFields, VALUE } from '../wazuh-own.ts'
import { DROP_ORDER } from './drop-order.ts'
import { fullIndicator, observableFields, shortIndicator } from './fields.ts'
import { findingsOf, type ObservableFinding, type PatternFinding } from './findings.ts'
import { queryFields } from './query.ts'
import { sourceFields } from './source.ts'
import type { Told } from './told.ts'

export const OPENCTI = 'opencti'

/**
 * The true matches of one alert as events in the form that `custom-opencti` has written since 2023 (rules 100210 to 100215), a line
 * each. The keys of `opencti` and the types of their values are those of the script; what only Tripline knows is in `tripline`.
 */
export function openCtiEvents(matches: readonly Match[], format: WazuhEventFormat): readonly string[] {
  const { patterns, observables } = findingsOf(matches, format)
  return [...patterns.map(patternEvent), ...observables.map(observableEvent)].map(({ fields, about }, at) =>
    openCtiLine({ ...fields, ...ownFields(about, at + 1) }, format.maxBytes),
  )
}

export function openCtiLine(fields: Fields, maxBytes = MAX_EVENT_BYTES): string {
  return eventLine(fields, { integration: OPENCTI, maxBytes, dropOrder: DROP_ORDER })
}

/** What OpenCTI and the alert give for an event, and what it is about. */
interface EventParts {
  readonly fields: Fields
  readonly about: Told
}

function patternEvent({ told, eventType }: PatternFinding): EventParts {
  const fields = {
    ...fullIndicator('opencti.indicator', told.context.indicator),
    'opencti.indicator_link': indicatorLink(told),
    ...queryFields(told.match, 'patterns'),
    'opencti.event_type': eventType,
    ...sourceFields(told.match.alert),
  }
  return { fields, about: told }
}

function observableEvent({ observable, own, related, lead }: ObservableFinding): EventParts {
  const eventType = own === undefined ? 'observable_with_related_indicator' : 'observable_with_indicator'
  const fields = {
    ...observableFields('opencti', observable),
    ...queryFields(lead.match, 'values'),
    'opencti.event_type': eventType,
    'opencti.observable_link': pageLink(lead, 'observables', observable.id),
    ...(own && {
      ...shortIndicator('opencti.indicator', own.best.context.indicator),
      'opencti.indicator_link': indicatorLink(own.best),
    }),
    'opencti.multipleIndicators': own?.isOneOfSeveral ?? false,
    ...(related && relatedFields(related)),
    ...sourceFields(lead.match.alert),
  }
  return { fields, about: lead }
}

function relatedFields({ related, best, isOneOfSeveral }: NonNullable<ObservableFinding['related']>): Fields {
  return {
    'opencti.related.id': leafText(related.id, NAME),
    'opencti.related.type': leafText(related.type, NAME),
    'opencti.related.relationship': leafText(related.relationship, NAME),
    'opencti.related.value': leafText(related.value, VALUE),
    ...shortIndicator('opencti.related.indicator', best.context.indicator),
    'opencti.related.indicator_link': indicatorLink(best),
    'opencti.related.multipleIndicators': isOneOfSeveral,
  }
}

function ownFields({ match, entry }: Told, place: number): Fields {
  const { tlp, threatActors, malware } = entry.indicator
  return {
    ...triplineFields(match, entry, place),
    ...alertFields('tripline.alert', match.alert),
    'tripline.tlp': tlp,
    'tripline.threat_actors': leafList(threatActors, NAMES),
    'tripline.malware': leafList(malware, NAMES),
  }
}

function indicatorLink(told: Told): string | undefined {
  return pageLink(told, 'indicators', told.context.indicator.id)
}

/** A page of the platform that the indicator is from: its link says where that is. */
function pageLink({ entry }: Told, page: 'indicators' | 'observables', id: string): string | undefined {
  const { link = '' } = entry.indicator
  const end = link.lastIndexOf('/dashboard/')
  if (end < 0) return undefined
  return leafText(`${link.slice(0, end)}/dashboard/observations/${page}/${encodeURIComponent(id)}`, 2 * TEXT)
}
