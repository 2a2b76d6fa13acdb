import { isUtf8 } from 'node:buffer'
import xxhash from 'xxhash-wasm'
import type { Alert } from '../core/alert.ts'
import { isRecord, parseJson, type JsonObject } from '../core/json.ts'
import { isWazuh5 } from '../core/wazuh5.ts'
import { findingOf } from './wazuh5-finding.ts'
import { unglue } from './glued.ts'
import { recordAt, textAt, textsIn } from '../core/json-fields.ts'
import { sourceOf } from './indexer-document.ts'
import { nested } from './nested.ts'
import { parseTimestamp } from './timestamp.ts'

/** Why a line gave no alert. */
export type SkipReason = 'blank' | 'malformed' | 'not_object'

/** What one line gave. */
export type Decoded =
  /** `repaired`: the bytes were not UTF-8, each wrong sequence became U+FFFD. */
  | { readonly kind: 'alert'; readonly alert: Alert; readonly repaired: boolean }
  | { readonly kind: 'skipped'; readonly reason: SkipReason }
  /** Several alerts, or alerts beside `fragments` torn stretches, in one line: what was whole is here. */
  | { readonly kind: 'glued'; readonly alerts: readonly Alert[]; readonly fragments: number }

/**
 * Decodes one line, given without its newline. `line` is only read during the call; `offset` is that of its first byte
 * in `file`. Never throws. Everything between splitting and parsing (such as a filter on bytes) wraps this.
 */
export type Decode = (line: Buffer, file: string, offset: number) => Decoded

const BLANK: Decoded = { kind: 'skipped', reason: 'blank' }
const MALFORMED: Decoded = { kind: 'skipped', reason: 'malformed' }
const NOT_OBJECT: Decoded = { kind: 'skipped', reason: 'not_object' }

/**
 * The reference decoder. Asynchronous only because the WebAssembly of the hash is compiled first. Without `digests` each
 * alert's is 0: for work that compares no alerts with each other.
 */
export async function createDecoder({ digests = true } = {}): Promise<Decode> {
  const hash = await xxhash()
  const digestOf = digests ? (bytes: Buffer): bigint => hash.h64Raw(bytes) : (): bigint => 0n
  return (line, file, offset) => {
    const start = firstByte(line)
    if (start === line.length) return BLANK
    const text = line.toString('utf8', start)
    const value = parseJson(text)
    if (isRecord(value)) {
      if (isLetterWithoutAlert(value)) return MALFORMED
      const repaired = text.includes('\uFFFD') && !isUtf8(line)
      return { kind: 'alert', alert: toAlert(value, { file, offset }, digestOf(line)), repaired }
    }
    if (value !== undefined) return NOT_OBJECT
    const { found, fragments } = unglue(line, start)
    if (found.length === 0) return MALFORMED
    const alerts = found.map((part) =>
      toAlert(
        part.body,
        { file, offset: offset + part.start },
        digestOf(line.subarray(part.start, part.end)),
      ),
    )
    return { kind: 'glued', alerts, fragments }
  }
}

/** Index of the first byte that is neither blank, CR nor part of a byte order mark; the length when there is none. */
function firstByte(line: Buffer): number {
  let at = 0
  for (;;) {
    const byte = line[at]
    if (byte === 0x20 || byte === 0x09 || byte === 0x0d) at += 1
    else if (byte === 0xef && line[at + 1] === 0xbb && line[at + 2] === 0xbf) at += 3
    else return at
  }
}

function toAlert(value: JsonObject, origin: Alert['origin'], digest: bigint): Alert {
  const body = unwrap(value)
  if (isWazuh5(body)) {
    const id = body === value ? '' : textAt(value, '_id')
    return findingOf({ body: nested(body), id }, origin, digest)
  }
  const rule = recordAt(body, 'rule')
  const agent = recordAt(body, 'agent')
  const timestamp = textAt(body, 'timestamp')
  const level = rule['level']
  return {
    id: textAt(body, 'id'),
    time: timestamp === '' ? 0 : parseTimestamp(timestamp),
    timestamp,
    level: typeof level === 'number' ? level : 0,
    ruleId: textAt(rule, 'id'),
    // Trimmed: stock rules hold groups such as ` Cloudflare` and line breaks from the rule's XML (Wazuh 4.14).
    groups: textsIn(rule['groups']),
    agent: { id: textAt(agent, 'id'), name: textAt(agent, 'name') },
    manager: textAt(recordAt(body, 'manager'), 'name'),
    node: textAt(recordAt(body, 'cluster'), 'node'),
    location: textAt(body, 'location'),
    origin,
    digest,
    body,
  }
}

/** Of a dead letter (`sinks/dead-letters/letter-line.ts`). No alert of Wazuh has such a key beside its own. */
const DEAD_LETTER = 'tripline.dead-letter/1'

function isLetterWithoutAlert(body: JsonObject): boolean {
  return body['schema'] === DEAD_LETTER && !isRecord(body['alert'])
}

/**
 * Documents copied from the indexer arrive in their wrapper, dead letters as `{schema, reason, …, alert: {…the alert…}}`.
 */
function unwrap(body: JsonObject): JsonObject {
  const source = sourceOf(body)
  if (source !== undefined) return source
  const { alert } = body
  return body['schema'] === DEAD_LETTER && isRecord(alert) ? alert : body
}
