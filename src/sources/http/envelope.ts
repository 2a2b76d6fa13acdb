import { isRecord, parseJson, type JsonObject } from '../../core/json.ts'
import { unglue } from '../glued.ts'
import { sourceOf, withoutSearch } from '../indexer-document.ts'

/**
 * Where senders put alerts inside of something else, by their keys:
 *
 * - `_source`, `hits`: a hit and the answer of a search (OpenSearch)
 * - `ctx`, `results`, `alerts`, `sample_documents`: what a monitor of OpenSearch Alerting gives the template of its message, as
 *   `{{#toJson}}ctx{{/toJson}}` or `{"hits":{{#toJson}}ctx.results.0.hits.hits{{/toJson}}}` (guide in wazuh/integrations,
 *   Wazuh 4.14.4; Wazuh 5 has a fork of the same plugin)
 * - `text`, `Content`: the message as the channels Slack, Teams and Chime of OpenSearch Notifications pack it, with its title
 *   and a blank line before it (`DestinationHttpClient.kt`); a channel «custom webhook» sends the message as it is
 * - `message`: a line that Vector (source `file`, `log_schema.message_key`) or Logstash (input `file`, codec `plain`) has read
 * - `log`: a line that Fluent Bit has read (input `tail`, key `key`)
 * - `event`: the form of Splunk's HTTP Event Collector, for sinks `splunk_hec`
 * - the others: webhooks of automation tools, by convention
 */
const ENVELOPE_KEYS = [
  '_source',
  'hits',
  'ctx',
  'results',
  'alerts',
  'sample_documents',
  'text',
  'Content',
  'content',
  'message',
  'log',
  'event',
  'events',
  'alert',
  'finding',
  'findings',
  'records',
  'payload',
  'body',
  'data',
] as const

/** `ctx.results[].hits.hits[]` needs 6, as a text in `text` one more. */
const MAX_DEPTH = 8

/** What an envelope holds. */
export interface Unwrapped {
  /** Each as the text of one alert: the sender's own where it is text, written anew otherwise. */
  readonly texts: readonly string[]
  /** Entries of lists in which there was none. */
  readonly missed: number
  /** Pieces of texts that begin as JSON and are none: what a crash of the writer leaves. */
  readonly torn: number
}

/**
 * True for an alert itself: of Wazuh 4 (`rule`; in archives at least `manager`, or `agent` and `id`), of Wazuh 5 (`wazuh`), or
 * a document of the indexer with its index, which the decoder takes apart.
 */
export function isAlert(value: JsonObject): boolean {
  if (isRecord(value['rule']) || isRecord(value['wazuh']) || isRecord(value['manager'])) return true
  if (isRecord(value['agent']) && typeof value['id'] === 'string') return true
  return sourceOf(value) !== undefined
}

/**
 * The alerts inside an object that is none itself, or not many more of them than `most`. None found: it is for the caller to
 * judge what the object is.
 */
export function unwrap(value: JsonObject, most: number): Unwrapped {
  const found: Found = { most, texts: [], missed: 0, torn: 0 }
  search(value, found, 0)
  return found
}

interface Found {
  readonly most: number
  readonly texts: string[]
  missed: number
  torn: number
}

function search(value: unknown, found: Found, depth: number): boolean {
  if (depth > MAX_DEPTH) return false
  if (typeof value === 'string') return searchText(value, found, depth)
  if (Array.isArray(value)) return searchList(value, found, depth)
  if (!isRecord(value)) return false
  if (isAlert(value)) return take(withoutSearch(value), found)
  let any = false
  for (const key of ENVELOPE_KEYS) {
    if (Object.hasOwn(value, key) && search(value[key], found, depth + 1)) any = true
  }
  return any
}

function searchList(list: readonly unknown[], found: Found, depth: number): boolean {
  let any = false
  for (const entry of list) {
    if (found.texts.length > found.most) return any
    const before = found.torn
    if (search(entry, found, depth + 1)) any = true
    else if (found.torn === before) found.missed += 1
  }
  return any
}

/** A text that is JSON, or has lines that are. */
function searchText(text: string, found: Found, depth: number): boolean {
  const trimmed = text.trim()
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) {
    const value = parseJson(trimmed)
    if (isRecord(value) && isAlert(value)) {
      // Line ends cannot stand inside of strings in JSON: these only lay it out.
      found.texts.push(trimmed.replaceAll(/[\r\n]/g, ' '))
      return true
    }
    if (value !== undefined) return search(value, found, depth + 1)
  }
  if (!trimmed.includes('\n')) return TORN.test(trimmed) && salvage(trimmed, found)
  let any = false
  for (const line of trimmed.split('\n')) {
    if (found.texts.length > found.most) return any
    if (searchText(line, found, depth + 1)) any = true
  }
  return any
}

/** An object, or a list of what may be alerts. No title such as `[Wazuh] 3 alerts`. */
const TORN = /^(?:\{|\[\s*(?:[[{"]|$))/
/** Not only what stands between the entries of a list. */
const MORE_THAN_BETWEEN = /[^\s,[\]]/

/** The whole alerts of a line that is not JSON, as in alert files. */
function salvage(line: string, found: Found): boolean {
  const bytes = Buffer.from(line)
  const whole = unglue(bytes, 0).found
  let covered = 0
  for (const { start, end } of [...whole, { start: bytes.length, end: bytes.length }]) {
    if (MORE_THAN_BETWEEN.test(bytes.toString('utf8', covered, start))) found.torn += 1
    if (end > start) found.texts.push(bytes.toString('utf8', start, end))
    covered = end
  }
  return whole.length > 0
}

function take(value: JsonObject, found: Found): boolean {
  try {
    found.texts.push(JSON.stringify(value))
    return true
  } catch (error) {
    // Nested too deep to be written.
    if (error instanceof RangeError) return false
    throw error
  }
}
