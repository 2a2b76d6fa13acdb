import type { Alert } from '../core/alert.ts'
import { isRecord, parseJson, type JsonObject } from '../core/json.ts'
import type { Observable } from '../core/observable.ts'
import { wazuh5 } from '../core/wazuh5.ts'
import { createCollector, type Collector } from './collector.ts'
import type { ExtractConfig } from './config.ts'
import { createFieldIndex, type FieldIndex, type FieldNode } from './field-index.ts'
import { URL_JOINS } from './fields.ts'
import { WCS_URL_JOINS } from './fields-wcs.ts'
import { withoutOwnSide } from './own-side.ts'
import { readField } from './typed.ts'
import { readJoin, splitJoin, textAt } from './url-joins.ts'

export interface Extraction {
  readonly observables: readonly Observable[]
  /** Observables beyond `maxObservables`. */
  readonly dropped: number
}

export type Extract = (alert: Alert) => Extraction

/** Deeper parts of an alert are not searched: Wazuh's own nesting stays below 20, JSON logs may send 1,000. */
const MAX_DEPTH = 256
/** `1.1.1.1` and `a.co` are the shortest things worth finding. */
const MIN_TEXT = 4
const MAX_NOISE = 2048
/** `md5 ` and 32 digits. */
const MIN_LABELLED_DIGEST = 35

/** The reference extractor: what it finds in an alert is what there is. One per process: its caches are the point. */
export function createExtractor(config: ExtractConfig): Extract {
  const fields = createFieldIndex(config.fields, config.freeText)
  const found = createCollector(config.maxObservables)
  return ({ body }) => {
    const isDocument = wazuh5(body) !== undefined
    const later = isDocument ? 'related' : isJsonLog(body) ? 'full_log' : undefined
    const walk: Walk = { fields, found, texts: [], logs: undefined, later, depth: 0 }
    readObject(body, fields.root, walk)
    if (walk.logs !== undefined) readLogs(walk.logs, walk)
    if (isDocument) readRest(body, walk)
    else for (const join of JOINS) readJoin(body, join, found)
    for (const { text, node } of walk.texts) readField('text', text, node.path, found)
    const { observables, dropped } = found.take()
    return { observables: isDocument ? withoutOwnSide(observables, body) : observables, dropped }
  }
}

interface Text {
  readonly text: string
  readonly node: FieldNode
}

interface Walk {
  readonly fields: FieldIndex
  readonly found: Collector
  /** Raw texts, searched last: by then the alert's noise is known. */
  readonly texts: Text[]
  /** Logs as they were, read after the fields that the decoder has made of them. */
  logs: Text[] | undefined
  /** The field at the top that is not read with the others. */
  readonly later: string | undefined
  depth: number
}

/**
 * A JSON log's `full_log` says again what `data` says by field, noise included; so it is searched only when it is
 * not JSON.
 */
function isJsonLog(body: JsonObject): boolean {
  const log = body['full_log']
  return typeof log === 'string' && log.trimStart().startsWith('{') && body['data'] !== undefined
}

/** `related` says again what other fields of the document say: they are the first places where it was seen. */
function readRest(body: JsonObject, walk: Walk): void {
  const isWhole = WHOLE_URLS.some((path) => textAt(body, path)?.includes('://') === true)
  if (!isWhole) for (const join of WCS_JOINS) readJoin(body, join, walk.found)
  const { related } = body
  if (isRecord(related)) readObject(related, walk.fields.child(walk.fields.root, 'related'), walk)
}

function readObject(object: JsonObject, node: FieldNode, walk: Walk): void {
  for (const key in object) {
    if (walk.depth === 0 && key === walk.later) continue
    readValue(object[key], walk.fields.child(node, key), walk)
  }
}

function readValue(value: unknown, node: FieldNode, walk: Walk): void {
  if (typeof value === 'string') return readText(value, node, walk)
  if (typeof value !== 'object' || value === null || node.closed || walk.depth >= MAX_DEPTH) return
  walk.depth += 1
  if (isRecord(value)) readObject(value, node, walk)
  else if (Array.isArray(value)) {
    const item = walk.fields.item(node)
    for (const entry of value) readValue(entry, item, walk)
  }
  walk.depth -= 1
}

function readText(text: string, node: FieldNode, walk: Walk): void {
  if (node.kind === 'text') {
    if (mayHold(text)) walk.texts.push({ text, node })
  } else if (node.kind === 'noise') {
    if (text.length <= MAX_NOISE && text.includes('.')) walk.found.noise.add(text)
  } else if (node.kind === 'log') (walk.logs ??= []).push({ text, node })
  else readField(node.kind, text, node.path, walk.found)
}

/** What the decoder had a field for is there once more; what it had none for is nowhere else. */
function readLogs(logs: readonly Text[], walk: Walk): void {
  for (const { text, node } of logs) {
    const json = text.trimStart().startsWith('{') ? parseJson(text) : undefined
    if (json === undefined) {
      // Every event of Windows names the address of its XML schema.
      const log = text.startsWith('<') ? text.replaceAll(XML_NAMESPACE, '') : text
      if (mayHold(log)) walk.texts.push({ text: log, node })
    } else readValue(json, node, walk)
  }
}

const XML_NAMESPACE = /\sxmlns(?::\w+)?=(?:"[^"]*"|'[^']*')/g

/** Every observable has a `.` or a `:` in it, but for a digest, which needs its label beside it, and `[dot]`. */
function mayHold(text: string): boolean {
  if (text.length < MIN_TEXT) return false
  return text.includes('.') || text.includes(':') || text.length > MIN_LABELLED_DIGEST || text.includes('[')
}

const JOINS = URL_JOINS.map(splitJoin)
const WCS_JOINS = WCS_URL_JOINS.map(splitJoin)
const WHOLE_URLS = [
  ['url', 'full'],
  ['url', 'original'],
] as const
