import { isRecord, parseJson, type JsonObject } from '../core/json.ts'

/** How every alert begins that analysisd writes (Wazuh 4.x: `timestamp` is always the first key). */
const ALERT_START = Buffer.from('{"timestamp":"')
/** Bytes looked at for one byte of the line: plenty for what a crash leaves, and a bound for a hostile line. */
const MAX_PASSES = 8
const [QUOTE, BACKSLASH, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d]

export interface Found extends Span {
  readonly body: JsonObject
}

/** The complete alerts in a line, and how many stretches of other bytes lie before, between and after them. */
export interface Unglued {
  readonly found: readonly Found[]
  readonly fragments: number
}

/**
 * Finds whole alerts in a line that is not JSON as it stands. analysisd killed in the middle of a write leaves
 * half a line, and its next run appends to it without a newline (recorded with Wazuh 4.14.7 and `kill -9`).
 */
export function unglue(line: Buffer, from: number): Unglued {
  const found: Found[] = []
  let fragments = 0
  let covered = from
  let at = from
  let budget = MAX_PASSES * line.length
  while (at !== -1 && at < line.length && budget > 0) {
    const end = objectEnd(line, at)
    budget -= (end === -1 ? line.length : end) - at
    const body = objectIn(line, { start: at, end })
    if (body === undefined) {
      at = line.indexOf(ALERT_START, at + 1)
      continue
    }
    if (at > covered) fragments += 1
    found.push({ start: at, end, body })
    covered = skipBlanks(line, end)
    at = line[covered] === OPEN ? covered : line.indexOf(ALERT_START, covered)
  }
  if (covered < line.length) fragments += 1
  return { found, fragments }
}

interface Span {
  readonly start: number
  readonly end: number
}

/**
 * The object in a span, if it is an alert: Wazuh 4.x names the manager in each. Others may be inner objects of the torn alert,
 * such as `"data":{"timestamp":…}`, also at the line's begin, as the tear may lie right before one.
 */
function objectIn(line: Buffer, { start, end }: Span): JsonObject | undefined {
  const body = end === -1 ? undefined : parseJson(line.toString('utf8', start, end))
  if (!isRecord(body)) return undefined
  return isRecord(body['manager']) || isRecord(body['agent']) ? body : undefined
}

/** Offset after the bracket that closes the one at `start`, outside strings; -1 when there is none. */
function objectEnd(line: Buffer, start: number): number {
  if (line[start] !== OPEN) return -1
  let depth = 0
  let inString = false
  for (let at = start; at < line.length; at += 1) {
    const byte = line[at]
    if (inString) {
      if (byte === BACKSLASH) at += 1
      else if (byte === QUOTE) inString = false
    } else if (byte === QUOTE) inString = true
    else if (byte === OPEN || byte === OPEN_LIST) depth += 1
    else if (byte === CLOSE || byte === CLOSE_LIST) {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return -1
}

function skipBlanks(line: Buffer, from: number): number {
  let at = from
  while (line[at] === 0x20 || line[at] === 0x09 || line[at] === 0x0d) at += 1
  return at
}
