import type { Alert } from '../core/alert.ts'
import { toAppError } from '../core/errors.ts'
import type { Match } from '../core/match.ts'
import type { Notice } from '../core/ports.ts'
import { openCtiErrorEvent } from './opencti-event/error-event.ts'
import { OPENCTI, openCtiEvents } from './opencti-event/event.ts'
import { counts, openCtiContext } from './opencti-event/told.ts'
import { wazuhEvent, wazuhNoticeEvent, type WazuhEventFormat } from './wazuh-event.ts'

/** An event for Wazuh: one line of JSON without the line end. */
export interface WazuhLine {
  /** The alert it is about. */
  readonly alert: Alert
  readonly text: string
  /** `integration` of the event. */
  readonly integration: string
}

/** Hears of matches whose events cannot be made, by a defect. */
export type RefuseMatches = (matches: readonly Match[], error: unknown) => void

/**
 * The events of the true matches of a delivery, alert by alert: those of OpenCTI's indicators in the form of `custom-opencti`,
 * one for each match with others in the form of the MISP scripts. Always the same lines for the same delivery. Made one by
 * one: some 5,000 take a second.
 */
export function* eachWazuhLine(
  matches: readonly Match[],
  format: WazuhEventFormat,
  refuse: RefuseMatches = raise,
): Generator<WazuhLine> {
  for (const [alert, group] of byAlert(matches)) {
    const { integration } = format
    for (const match of group.flatMap(otherMatch)) {
      const text = tried(
        () => wazuhEvent(match, format),
        (error) => refuse([match], error),
      )
      if (text !== undefined) yield { alert, text, integration }
    }
    const texts =
      tried(
        () => openCtiEvents(group, format),
        (error) => refuse(group, error),
      ) ?? []
    for (const text of texts) yield { alert, text, integration: OPENCTI }
  }
}

function raise(_: readonly Match[], error: unknown): never {
  throw toAppError(error)
}

function tried<Value>(make: () => Value, failed: (error: unknown) => void): Value | undefined {
  try {
    return make()
  } catch (error) {
    failed(error)
    return undefined
  }
}

/** The same at once. */
export function wazuhLines(
  matches: readonly Match[],
  format: WazuhEventFormat,
  refuse: RefuseMatches = raise,
): readonly WazuhLine[] {
  return [...eachWazuhLine(matches, format, refuse)]
}

/** A provider's trouble, or its end, as an event. */
export function wazuhNoticeLine(notice: Notice, format: WazuhEventFormat): string {
  const isOpenCtiError = notice.platform === 'opencti' && notice.kind === 'failing'
  return isOpenCtiError ? openCtiErrorEvent(notice, format.maxBytes) : wazuhNoticeEvent(notice, format)
}

function byAlert(matches: readonly Match[]): ReadonlyMap<Alert, readonly Match[]> {
  const alerts = new Map<Alert, Match[]>()
  for (const match of matches) {
    if (match.suppressedBy.length > 0) continue
    const group = alerts.get(match.alert)
    if (group === undefined) alerts.set(match.alert, [match])
    else group.push(match)
  }
  return alerts
}

/** The match without OpenCTI's indicators; none when they are all that makes it a true one. */
function otherMatch(match: Match): readonly Match[] {
  const [first, ...rest] = match.indicators.filter((entry) => openCtiContext(entry) === undefined)
  if (first === undefined) return []
  const indicators = [first, ...rest] as const
  const isWhole = indicators.length === match.indicators.length
  return isWhole || indicators.some(counts) ? [{ ...match, indicators }] : []
}
