import type { Match, ParsedAlert } from '../core/match.ts'
import type { Observable } from '../core/observable.ts'
import { baseRecord, bounded } from './record.ts'
import type { MatchRecord, ParsedRecord } from './schema.ts'
import { alertTime, clip, jsonLine } from './text.ts'

export { formatMatchText } from './format-text.ts'

/** Longest line, in bytes: an event of Wazuh has at most 64 KiB, its alert a few times that, so nearly all fit whole. */
export const MAX_LINE_BYTES = 1024 ** 2
/** An alert of 64 KiB (Wazuh's largest event) holds some 4,000 addresses; more than this many are counted only. */
const MAX_IOCS = 1000
const MAX_NAME = 512

export interface MatchFormat {
  /** Put the whole alert into the record. */
  readonly fullAlert: boolean
}

/**
 * The record of a match as one line of JSON without the line end, at most `MAX_LINE_BYTES` long. What makes it longer
 * is left out in a fixed order and said: the whole alert, its rule and agent objects, half of the indicators, again.
 */
export function formatMatch(match: Match, format: MatchFormat): string {
  const base = baseRecord(match)
  const full: MatchRecord = format.fullAlert ? { ...base, full_alert: match.alert.body } : base
  const text = encode(full)
  if (text !== undefined) return text
  const slim = format.fullAlert ? { ...base, full_alert_omitted: sizeNote(match) } : base
  const slimText = encode(slim)
  if (slimText !== undefined) return slimText
  const before = base.indicators_omitted ?? 0
  return halved(base.indicators, (indicators, omitted) => ({
    ...slim,
    indicators: [...indicators],
    ...(omitted + before > 0 ? { indicators_omitted: omitted + before } : {}),
    original_rule: {},
    original_agent: {},
  }))
}

/** What was found in an alert as one line of JSON without the line end; undefined when nothing was. */
export function formatParsed({ alert, observables }: ParsedAlert): string | undefined {
  if (observables.length === 0) return undefined
  const time = alertTime(alert.time)
  const shown = bounded(observables, MAX_IOCS)
  return halved(shown.list.map(iocRecord), (iocs, omitted): ParsedRecord => ({
    alert_id: clip(alert.id, MAX_NAME),
    ...(time === undefined ? {} : { timestamp: time }),
    agent_id: clip(alert.agent.id, MAX_NAME),
    rule_id: clip(alert.ruleId, MAX_NAME),
    iocs: [...iocs],
    ...(omitted + shown.omitted > 0 ? { iocs_omitted: omitted + shown.omitted } : {}),
  }))
}

function iocRecord({ value, type, where, special, derived }: Observable): ParsedRecord['iocs'][number] {
  const paths = bounded(where)
  return {
    value,
    type,
    where: paths.list.map((path) => clip(path, MAX_NAME)),
    ...(paths.omitted > 0 ? { where_omitted: paths.omitted } : {}),
    ...(special === undefined ? {} : { excluded: special }),
    ...(derived === undefined ? {} : { derived }),
  }
}

/** Undefined when the line is too long, or nested deeper than can be written (an alert of brackets alone). */
function encode(record: MatchRecord | ParsedRecord): string | undefined {
  try {
    const text = jsonLine(record)
    return Buffer.byteLength(text) > MAX_LINE_BYTES ? undefined : text
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** The first record that fits, of all items, half of them, a quarter … One always fits: values and texts are bounded. */
function halved<T>(
  items: readonly T[],
  render: (items: readonly T[], omitted: number) => MatchRecord | ParsedRecord,
): string {
  for (let kept = items.length; kept > 1; kept = Math.ceil(kept / 2)) {
    const text = encode(render(items.slice(0, kept), items.length - kept))
    if (text !== undefined) return text
  }
  return jsonLine(render(items.slice(0, 1), items.length - 1))
}

function sizeNote(match: Match): NonNullable<MatchRecord['full_alert_omitted']> {
  try {
    return { reason: 'size', bytes: Buffer.byteLength(JSON.stringify(match.alert.body)) }
  } catch {
    return { reason: 'nesting' }
  }
}
