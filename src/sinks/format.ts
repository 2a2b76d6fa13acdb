import type { Match, ParsedAlert } from '../core/match.ts'
import type { Observable } from '../core/observable.ts'
import { clip, jsonLine, plain } from '../core/text.ts'
import { createAlertTexts } from './alert-text.ts'
import { bounded, indicatorRecord, matchHead, mispRecord } from './record.ts'
import { alertTime } from './times.ts'

export { formatMatchText } from './format-text.ts'

/** Longest line, in bytes: an event of Wazuh has at most 64 KiB, its alert a few times that, so nearly all fit whole. */
export const MAX_LINE_BYTES = 1024 ** 2
/** Enough for the keys and numbers a line is put together with, beside its parts. */
const FRAME_BYTES = 512
const MAX_INDICATORS = 100
/** An alert of 64 KiB (Wazuh's largest event) holds some 4,000 addresses; more than this many are counted only. */
const MAX_IOCS = 1000
const MAX_NAME = 512
/** So many are first tried as a whole. */
const FEW = 32
/** Of one UTF-16 unit, at most. */
const MAX_UTF8_BYTES = 3

export interface MatchFormat {
  /** Put the whole alert into the record. */
  readonly fullAlert: boolean
}

/**
 * The record of a match as one line of JSON without the line end, at most `MAX_LINE_BYTES` long. There is always room for
 * what the match is and its first indicator; then come the further indicators, the alert's rule and agent, and the whole
 * alert, each where it still fits. What is left out is said. Matches of one delivery share `alertTexts`.
 */
export function formatMatch(match: Match, format: MatchFormat, alertTexts = createAlertTexts()): string {
  const alert = alertTexts(match.alert)
  const head = jsonLine(matchHead(match)).slice(0, -1)
  const misp = jsonLine(mispRecord(match))
  let room = MAX_LINE_BYTES - FRAME_BYTES - Buffer.byteLength(head) - Buffer.byteLength(misp)
  const indicators = fitting(match.indicators, { maxItems: MAX_INDICATORS, maxBytes: room }, (each) =>
    jsonLine(indicatorRecord(each)),
  )
  room -= indicators.bytes
  const context = alert.context(room) ?? { rule: '{}', agent: '{}', bytes: 4 }
  room -= context.bytes
  const omitted = indicators.omitted > 0 ? `,"indicators_omitted":${indicators.omitted}` : ''
  const original = `,"original_rule":${context.rule},"original_agent":${context.agent}`
  const line = `${head},"indicators":[${indicators.text}]${omitted},"misp":${misp}${original}`
  if (!format.fullAlert) return `${line}}`
  const whole = alert.whole(room)
  return 'text' in whole
    ? `${line},"full_alert":${whole.text}}`
    : `${line},"full_alert_omitted":${jsonLine(whole.omitted)}}`
}

/** What was found in an alert as one line of JSON without the line end; undefined when nothing was. */
export function formatParsed(parsed: ParsedAlert): string | undefined {
  const { alert, observables } = parsed
  if (observables.length === 0) return undefined
  const time = alertTime(alert.time)
  const timestamp = time === undefined ? '' : `"timestamp":"${time}",`
  const ids = `"agent_id":${nameText(alert.agent.id)},"rule_id":${nameText(alert.ruleId)}`
  const head = `{"alert_id":${nameText(alert.id)},${timestamp}${ids}`
  // Nearly all have a few short ones, of which the bytes need not even be counted.
  if (observables.length > FEW) return formatMany(head, observables)
  let iocs = ''
  for (const observable of observables) iocs += iocs === '' ? iocText(observable) : `,${iocText(observable)}`
  const line = `${head},"iocs":[${iocs}]}`
  const fits = line.length <= MAX_LINE_BYTES / MAX_UTF8_BYTES || Buffer.byteLength(line) <= MAX_LINE_BYTES
  return fits ? line : formatMany(head, observables)
}

/** With so many as there is room for. */
function formatMany(head: string, observables: readonly Observable[]): string {
  const maxBytes = MAX_LINE_BYTES - FRAME_BYTES - Buffer.byteLength(head)
  const iocs = fitting(observables, { maxItems: MAX_IOCS, maxBytes }, iocText)
  const omitted = iocs.omitted > 0 ? `,"iocs_omitted":${iocs.omitted}` : ''
  return `${head},"iocs":[${iocs.text}]${omitted}}`
}

/** Put together by hand, for every alert there is one: `JSON.stringify` of the record takes twice the time (`bench/catch-up.ts`). */
function iocText({ value, type, where, special, derived }: Observable): string {
  const paths = bounded(where)
  const omitted = paths.omitted > 0 ? `,"where_omitted":${paths.omitted}` : ''
  const excluded = special === undefined ? '' : `,"excluded":"${special}"`
  const more = derived === undefined ? '' : ',"derived":true'
  let places = ''
  for (const path of paths.list) places += places === '' ? nameText(path) : `,${nameText(path)}`
  return `{"value":${jsonText(value)},"type":"${type}","where":[${places}]${omitted}${excluded}${more}}`
}

/** Printable ASCII without what JSON escapes: nearly all there is. */
const SIMPLE = /^[ !#-[\]-~]*$/

function jsonText(text: string): string {
  return SIMPLE.test(text) ? `"${text}"` : plain(JSON.stringify(text))
}

function nameText(text: string): string {
  return jsonText(clip(text, MAX_NAME))
}

interface Fitted {
  /** The records, with commas between them. */
  readonly text: string
  readonly bytes: number
  readonly omitted: number
}

/** The records of the first items: as many as fit, and in any case the first. No further one is made than that. */
function fitting<Item>(
  items: readonly Item[],
  { maxItems, maxBytes }: { readonly maxItems: number; readonly maxBytes: number },
  record: (item: Item) => string,
): Fitted {
  const texts: string[] = []
  let bytes = 0
  for (const item of items.slice(0, maxItems)) {
    const text = record(item)
    const more = Buffer.byteLength(text) + 1
    if (texts.length > 0 && bytes + more > maxBytes) break
    texts.push(text)
    bytes += more
  }
  return { text: texts.join(','), bytes, omitted: items.length - texts.length }
}
