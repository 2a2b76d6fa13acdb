import { isRecord, parseJson, type JsonObject } from '../core/json.ts'
import { isWazuh5 } from '../core/wazuh5.ts'
import { valueEnd } from './json-span.ts'

/**
 * How every alert begins that analysisd writes (Wazuh 4.x: `timestamp` is always the first key), and how events of Wazuh 5 do, which
 * the engine makes around the object `wazuh` (5.0 beta; one that begins otherwise is found only where the line begins).
 */
const STARTS = [Buffer.from('{"timestamp":"'), Buffer.from('{"wazuh":{')]
/** Bytes looked at for one byte of the line: plenty for what a crash leaves, and a bound for a hostile line. */
const MAX_PASSES = 8
const OPEN = 0x7b

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
  const nextStart = startsIn(line)
  let fragments = 0
  let covered = from
  let at = from
  let budget = MAX_PASSES * line.length
  while (at !== -1 && at < line.length && budget > 0) {
    const end = line[at] === OPEN ? valueEnd(line, at) : -1
    budget -= (end === -1 ? line.length : end) - at
    const body = objectIn(line, { start: at, end })
    if (body === undefined) {
      at = nextStart(at + 1)
      continue
    }
    if (at > covered) fragments += 1
    found.push({ start: at, end, body })
    covered = skipBlanks(line, end)
    at = line[covered] === OPEN ? covered : nextStart(covered)
  }
  if (covered < line.length) fragments += 1
  return { found, fragments }
}

interface Span {
  readonly start: number
  readonly end: number
}

/**
 * The object in a span, if it is an alert: Wazuh 4.x names the manager in each, Wazuh 5 has its own object. Others may be inner objects of the torn alert,
 * such as `"data":{"timestamp":…}`, also at the line's begin, as the tear may lie right before one.
 */
function objectIn(line: Buffer, { start, end }: Span): JsonObject | undefined {
  const body = end === -1 ? undefined : parseJson(line.toString('utf8', start, end))
  if (!isRecord(body)) return undefined
  return isRecord(body['manager']) || isWazuh5(body) ? body : undefined
}

/** Where an alert may begin, from an offset on; -1 when there is none. Offsets must grow: then nothing is searched twice. */
function startsIn(line: Buffer): (from: number) => number {
  const next = STARTS.map(() => 0)
  return (from) => {
    let first = -1
    for (const [which, start] of STARTS.entries()) {
      let at = next[which] ?? -1
      if (at !== -1 && at <= from) at = line.indexOf(start, from)
      next[which] = at
      if (at !== -1 && (first === -1 || at < first)) first = at
    }
    return first
  }
}

function skipBlanks(line: Buffer, from: number): number {
  let at = from
  while (line[at] === 0x20 || line[at] === 0x09 || line[at] === 0x0d) at += 1
  return at
}
