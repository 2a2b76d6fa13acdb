import { isRecord, parseJson, type JsonObject } from '../../core/json.ts'
import { sourceOf, withoutSearch } from '../indexer-document.ts'

const NEWLINE = 0x0a
const [OPEN, OPEN_LIST] = [0x7b, 0x5b]

/** An input as lines. */
export interface Unfolded {
  /** False when the lines were made here: they do not stand in the input, so their offsets mean nothing. */
  readonly original: boolean
  readonly chunks: AsyncIterable<Buffer>
}

/**
 * Takes an input that is one JSON document apart, into one line an alert: an alert as the Wazuh dashboard copies it, over
 * many lines; an array of alerts; the answer of a search in the indexer (`hits.hits`). An input whose first line is an
 * object of its own is passed on as it comes, and so is what is no document, or one of more than `maxBytes`.
 */
export async function unfold(input: AsyncGenerator<Buffer>, maxBytes: number): Promise<Unfolded> {
  const { bytes, line } = await firstLine(input, maxBytes)
  const asTheyCome = (read: readonly Buffer[]): Unfolded => ({ original: true, chunks: joined(read, input) })
  if (line === undefined || !mayBeginDocument(line)) return asTheyCome([bytes])
  const read = [bytes]
  let length = bytes.length
  for (let next = await input.next(); next.done !== true; next = await input.next()) {
    read.push(next.value)
    length += next.value.length
    if (length > maxBytes) return asTheyCome(read)
  }
  const lines = linesOf(Buffer.concat(read, length))
  return lines === undefined ? asTheyCome(read) : { original: false, chunks: joined([lines], input) }
}

interface Head {
  /** All that was read. */
  readonly bytes: Buffer
  /** The first line that is not blank; undefined when there is none within the bound. */
  readonly line: Buffer | undefined
}

async function firstLine(input: AsyncGenerator<Buffer>, maxBytes: number): Promise<Head> {
  let bytes: Buffer = Buffer.alloc(0)
  while (bytes.length <= maxBytes) {
    const start = blanksBefore(bytes)
    const end = bytes.indexOf(NEWLINE, start)
    if (end !== -1) return { bytes, line: bytes.subarray(start, end) }
    const next = await input.next()
    if (next.done === true) return { bytes, line: start < bytes.length ? bytes.subarray(start) : undefined }
    bytes = bytes.length === 0 ? next.value : Buffer.concat([bytes, next.value])
  }
  return { bytes, line: undefined }
}

/** How many blanks, line ends and byte order marks the bytes begin with. */
function blanksBefore(bytes: Buffer): number {
  let at = 0
  for (;;) {
    const byte = bytes[at]
    if (byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === NEWLINE) at += 1
    else if (byte === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3
    else return at
  }
}

function mayBeginDocument(line: Buffer): boolean {
  if (line[0] === OPEN_LIST) return true
  if (line[0] !== OPEN) return false
  const value = parseJson(line.toString())
  return !isRecord(value) || hitsIn(value) !== undefined
}

/** One line for each alert of a document; undefined when it is none, or nested too deep. */
function linesOf(document: Buffer): Buffer | undefined {
  const value = parseJson(document.toString('utf8', blanksBefore(document)))
  const alerts = isRecord(value) ? (hitsIn(value) ?? [value]) : value
  if (!Array.isArray(alerts)) return undefined
  try {
    return Buffer.from(alerts.map((alert) => `${JSON.stringify(alert)}\n`).join(''))
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** The documents of a search answer: `{"hits":{"hits":[{"_index":…,"_source":{…}}]}}`, maybe filtered down to `_source`. */
function hitsIn({ hits }: JsonObject): readonly unknown[] | undefined {
  const list = isRecord(hits) ? hits['hits'] : undefined
  if (!Array.isArray(list)) return undefined
  return list.map(alertOfHit)
}

function alertOfHit(hit: unknown): unknown {
  if (!isRecord(hit) || !isRecord(hit['_source'])) return hit
  return sourceOf(hit) === undefined ? hit['_source'] : withoutSearch(hit)
}

async function* joined(read: readonly Buffer[], rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield* read
  yield* rest
}
