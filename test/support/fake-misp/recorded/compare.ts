import type { Exchange } from './exchanges.ts'
import { parsed } from './reconstruct.ts'

export interface Given {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** The first difference that counts, in words; undefined when the two agree. */
export function difference(exchange: Exchange, given: Given): string | undefined {
  if (exchange.status !== given.status) return `status ${given.status}, recorded ${exchange.status}`
  return headerDifference(exchange, given) ?? bodyDifference(exchange, given)
}

/** Compared as they are, and those of which only the presence counts. */
const SAME = [
  'x-export-module-used',
  'x-response-format',
  'x-rate-limit-limit',
  'x-rate-limit-remaining',
  'x-auth-key-expiration',
  'content-disposition',
]
const PRESENT = ['location', 'x-rate-limit-reset', 'retry-after', 'etag', 'set-cookie']
const COUNTS = ['x-result-count', 'x-skipped-elements-count']

function headerDifference(exchange: Exchange, given: Given): string | undefined {
  const of = (name: string): readonly [string | undefined, string | undefined] => [
    exchange.answerHeaders.get(name),
    given.headers.get(name),
  ]
  const [type, ours] = of('content-type').map((text) => text?.split(';')[0])
  if (type !== ours) return `content-type ${ours}, recorded ${type}`
  for (const name of [...SAME, ...(countable(exchange) ? COUNTS : [])]) {
    const [theirs, own] = of(name)
    if (theirs !== own) return `${name} ${own}, recorded ${theirs}`
  }
  const missing = [...PRESENT, ...COUNTS].find(
    (name) => (of(name)[0] === undefined) !== (of(name)[1] === undefined),
  )
  return missing === undefined ? undefined : `${missing} ${of(missing)[1]}, recorded ${of(missing)[0]}`
}

/** In the generated databases only rows that an answer shows are known: answers about all of them have other counts. */
function countable(exchange: Exchange): boolean {
  if (exchange.attributes < 1000) return true
  if (exchange.cut || /"(count|csv|text)"/.test(exchange.body?.toString() ?? '')) return false
  const answer = parsed(exchange) as { response?: { Attribute?: unknown[] } } | undefined
  const rows = answer?.response?.Attribute?.length
  return rows === undefined || rows === 0 || Number(exchange.answerHeaders.get('x-result-count')) <= rows + 1
}

function bodyDifference(exchange: Exchange, given: Given): string | undefined {
  if (exchange.method === 'HEAD') return undefined
  const theirs = parsed(exchange)
  if (theirs === undefined) return textDifference(exchange, given)
  let ours: unknown
  try {
    ours = JSON.parse(given.body) as unknown
  } catch {
    return 'the body is not JSON'
  }
  const exact = countable(exchange)
  return (
    (exact ? rowDifference(theirs, ours) : undefined) ?? shapeDifference(theirs, ours, { path: '', exact })
  )
}

/** Texts: as many lines, beside those that are a page. */
function textDifference(exchange: Exchange, { body }: Given): string | undefined {
  const [theirs, ours] = [exchange.answer, body].map((text) => text.split('\n').length)
  const list = /^text\/(plain|csv)/.test(exchange.answerHeaders.get('content-type') ?? '')
  if (!list || exchange.attributes > 1000)
    return (exchange.answer === '') === (body === '') ? undefined : 'empty or not'
  return theirs === ours ? undefined : `${ours} lines, recorded ${theirs}`
}

/** A search finds the same rows. Their order is promised only where one was asked for. */
function rowDifference(theirs: unknown, ours: unknown): string | undefined {
  const [expected, found] = [theirs, ours].map((answer) => {
    const rows = (answer as { response?: { Attribute?: unknown } } | null)?.response?.Attribute
    return Array.isArray(rows) ? rows.map((row) => Number(idOf(row))).toSorted((a, b) => a - b) : []
  })
  return String(expected) === String(found)
    ? undefined
    : `rows ${String(found)}, recorded ${String(expected)}`
}

interface Place {
  readonly path: string
  /** Lists have the same rows; else only rows that both have are compared. */
  readonly exact: boolean
}

/** Big side tables (galaxies and their clusters) that the fake does not have: empty lists there. */
const WITHOUT = new Set(['Galaxy', 'GalaxyCluster', 'Taxonomy', 'sane_defaults', 'DecayingModel'])

function shapeDifference(theirs: unknown, ours: unknown, { path, exact }: Place): string | undefined {
  if (Array.isArray(theirs) && Array.isArray(ours)) return listDifference(theirs, ours, { path, exact })
  if (kindOf(theirs) !== kindOf(ours)) return `${path} is ${kindOf(ours)}, recorded ${kindOf(theirs)}`
  if (kindOf(theirs) !== 'object') return undefined
  const [expected, found] = [theirs as Record<string, unknown>, ours as Record<string, unknown>]
  for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    if (!(key in found)) return `${path}.${key} is absent`
    if (!(key in expected)) return `${path}.${key} is too much`
    if (WITHOUT.has(key)) continue
    const deeper = shapeDifference(expected[key], found[key], { path: `${path}.${key}`, exact })
    if (deeper !== undefined) return deeper
  }
  return undefined
}

function listDifference(
  theirs: readonly unknown[],
  ours: readonly unknown[],
  place: Place,
): string | undefined {
  const { path, exact } = place
  if (exact && theirs.length !== ours.length)
    return `${path} has ${ours.length} entries, recorded ${theirs.length}`
  if (theirs.length > 0 && ours.length === 0) return `${path} is empty`
  const byId = new Map(ours.map((entry) => [idOf(entry), entry]))
  for (const [index, entry] of theirs.entries()) {
    const id = idOf(entry)
    const aligned = idOf(ours[index]) === id
    const own = aligned ? ours[index] : (byId.get(id) ?? ours[index])
    if (own === undefined) continue
    const deeper = shapeDifference(entry, own, { path: `${path}[${id ?? index}]`, exact })
    if (deeper !== undefined) return deeper
  }
  return undefined
}

function idOf(entry: unknown): string | undefined {
  return typeof entry === 'object' && entry !== null ? (entry as { id?: string }).id : undefined
}

/** `null` and a text are not the same: clients stumble there. */
function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'list' : typeof value
}
