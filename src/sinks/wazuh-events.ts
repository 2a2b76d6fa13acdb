import type { Alert } from '../core/alert.ts'
import type { Match } from '../core/match.ts'
import type { Notice } from '../core/ports.ts'
import { wazuhEvent, wazuhNoticeEvent, type WazuhEventFormat } from './wazuh-event.ts'

/** One event for Wazuh: a line of JSON, without its end, and the alert it is about. */
export interface WazuhLine {
  readonly alert: Alert
  readonly text: string
}

/** The events for the matches of a delivery, in their order. The same matches give the same events. */
export function wazuhLines(matches: readonly Match[], format: WazuhEventFormat): readonly WazuhLine[] {
  return matches.map((match) => ({ alert: match.alert, text: wazuhEvent(match, format) }))
}

/** The event that tells of a provider's trouble or of its end; undefined where it is not told. */
export function wazuhNoticeLine(notice: Notice, format: WazuhEventFormat): string | undefined {
  return wazuhNoticeEvent(notice, format)
}
