import type { Alert } from '../core/alert.ts'
import { isRecord } from '../core/json.ts'
import type { Observable } from '../core/observable.ts'
import { createCollector, type Collector } from './collector.ts'
import type { ExtractConfig } from './config.ts'
import { createFieldIndex, type FieldIndex, type FieldNode } from './field-index.ts'
import { URL_JOINS, type UrlJoin } from './fields.ts'
import { isRealHost } from './text-url.ts'
import { readField } from './typed.ts'

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
  return (alert) => {
    const texts: Text[] = []
    readObject(alert.body, fields.root, { fields, found, texts, depth: 0, jsonLog: isJsonLog(alert.body) })
    for (const join of JOINS) readJoin(alert.body, join, found)
    for (const { text, node } of texts) readField('text', text, node.path, found)
    return found.take()
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
  readonly jsonLog: boolean
  depth: number
}

/**
 * A JSON log's `full_log` says again what `data` says by field, noise included; so it is searched only when it is
 * not JSON.
 */
function isJsonLog(body: Readonly<Record<string, unknown>>): boolean {
  const log = body['full_log']
  return typeof log === 'string' && log.trimStart().startsWith('{') && body['data'] !== undefined
}

function readObject(object: Readonly<Record<string, unknown>>, node: FieldNode, walk: Walk): void {
  for (const key in object) {
    if (walk.jsonLog && walk.depth === 0 && key === 'full_log') continue
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
  } else readField(node.kind, text, node.path, walk.found)
}

/** Every observable has a `.` or a `:` in it, but for a digest, which needs its label beside it, and `[dot]`. */
function mayHold(text: string): boolean {
  if (text.length < MIN_TEXT) return false
  return text.includes('.') || text.includes(':') || text.length > MIN_LABELLED_DIGEST || text.includes('[')
}

function textAt(body: Readonly<Record<string, unknown>>, path: readonly string[]): string | undefined {
  let value: unknown = body
  for (const key of path) {
    if (!isRecord(value)) return undefined
    value = value[key]
  }
  return typeof value === 'string' ? value : undefined
}

/** A join with its paths split, once. */
interface SplitJoin extends UrlJoin {
  readonly hostKeys: readonly string[]
  readonly pathKeys: readonly string[]
}

const JOINS: readonly SplitJoin[] = URL_JOINS.map((join) => ({
  ...join,
  hostKeys: join.host.split('.'),
  pathKeys: join.path.split('.'),
}))

function readJoin(body: Readonly<Record<string, unknown>>, join: SplitJoin, found: Collector): void {
  const host = textAt(body, join.hostKeys)
  const path = host === undefined ? undefined : textAt(body, join.pathKeys)
  if (host === undefined || path?.startsWith('/') !== true || /[\s/]/.test(host)) return
  const named =
    join.schemeField === undefined ? undefined : textAt(body, join.schemeField.split('.'))?.toLowerCase()
  const scheme = named === 'http' || named === 'https' ? named : join.scheme
  const port = join.portField === undefined ? undefined : textAt(body, join.portField.split('.'))
  const url = `${scheme}://${host}${port === undefined || host.includes(':') ? '' : `:${port}`}${path}`
  if (!isRealHost(url)) return
  found.url(url, join.path)
  found.url(url, join.host)
}
