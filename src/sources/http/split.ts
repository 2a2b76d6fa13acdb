import { setImmediate } from 'node:timers/promises'
import { isRecord, parseJson, type JsonObject } from '../../core/json.ts'
import { unglue } from '../glued.ts'
import { valueEnd } from '../json-span.ts'
import { isAlert, unwrap, type Unwrapped } from './envelope.ts'
import { createPartWriter, type Part, type PartWriter } from './parts.ts'

/** Of an alert, and of an envelope. As `maxLineBytes` of other sources: many times what an event may have (Wazuh 4.14: 64 KiB). */
export const MAX_VALUE_BYTES = 8 * 1024 ** 2
/** Values of one request, good or bad. The shortest alerts of Wazuh have about 300 bytes: more than fit into 16 MiB. */
const MAX_VALUES = 100_000
/** So much is looked at before others get their turn: about 2 ms. A value that is no JSON takes 10 times as long as a good one. */
const TURN_BYTES = 256 * 1024
const TURN_VALUES = 100

const [NEWLINE, QUOTE, BACKSLASH, OPEN] = [0x0a, 0x22, 0x5c, 0x7b]
const [OPEN_LIST, CLOSE_LIST, COMMA] = [0x5b, 0x5d, 0x2c]

/** Why a piece of a body gave no alert. */
export type Rejection = 'malformed' | 'not_object' | 'too_long' | 'no_alert_inside'

export type Split =
  | {
      readonly kind: 'split'
      readonly parts: readonly Part[]
      readonly alerts: number
      readonly rejected: ReadonlyMap<Rejection, number>
    }
  | { readonly kind: 'too_many' }

interface State {
  readonly body: Buffer
  readonly out: PartWriter
  readonly rejected: Map<Rejection, number>
  /** Values so far, good or bad. */
  values: number
}

interface Span {
  readonly start: number
  readonly end: number
}

/**
 * Finds the alerts in the body of a request: JSON values one a line (NDJSON, Vector with `newline_delimited`, Fluent Bit's
 * `json_lines`), one behind the other (Fluent Bit's `json_stream`), in a list (Vector's default, Fluent Bit's `json`, Logstash's
 * `json_batch`), or one over many lines. Each may be an alert or an envelope around some. Bytes of an alert stay as they came. What
 * is an object and neither is an alert all the same, as in alert files; what is no object is counted.
 */
export async function splitBody(body: Buffer): Promise<Split> {
  const state: State = { body, out: createPartWriter(), rejected: new Map(), values: 0 }
  const start = skipBlanks(body, 0)
  const steps = spansLines(body, start)
    ? takeValues(state, { start, end: body.length })
    : takeLines(state, start)
  let turn = { at: start, values: 0 }
  for (const at of steps) {
    if (state.values > MAX_VALUES) return { kind: 'too_many' }
    if (at - turn.at < TURN_BYTES && state.values - turn.values < TURN_VALUES) continue
    turn = { at, values: state.values }
    await setImmediate()
  }
  return { kind: 'split', parts: state.out.parts(), alerts: state.out.alerts(), rejected: state.rejected }
}

/** Whether the first value goes on behind the first line: then line ends part nothing. */
function spansLines(body: Buffer, start: number): boolean {
  const lineEnd = body.indexOf(NEWLINE, start)
  if (lineEnd === -1 || lineEnd - start > MAX_VALUE_BYTES) return false
  if (parseJson(body.toString('utf8', start, lineEnd)) !== undefined) return false
  const end = valueEnd(body, start)
  if (end <= lineEnd) return false
  // A torn line may seem to end in a later one. Of a list the entries are judged: it may be larger than any value.
  if (body[start] === OPEN_LIST) return true
  return end - start <= MAX_VALUE_BYTES && parseJson(body.toString('utf8', start, end)) !== undefined
}

/** Gives where it is, as does `takeValues`. */
function* takeLines(state: State, from: number): Generator<number> {
  const { body } = state
  for (let start = from; start < body.length;) {
    const newline = body.indexOf(NEWLINE, start)
    const end = newline === -1 ? body.length : newline
    yield* takeValues(state, { start, end })
    start = end + 1
    yield start
  }
}

/** Values with blanks or commas between them; those of a list one by one. */
function* takeValues(state: State, { start, end }: Span): Generator<number> {
  for (let at = skipBetween(state.body, start, end); at < end; at = skipBetween(state.body, at, end)) {
    at = takeValue(state, { start: at, end })
    yield at
  }
}

/** Takes what begins at the start of a span; gives where it ends. */
function takeValue(state: State, { start, end }: Span): number {
  const { body } = state
  const isObject = body[start] === OPEN
  const stop = isObject ? valueEnd(body, start, end) : scalarEnd(body, start, end)
  const span = { start, end: stop === -1 ? end : stop }
  if (span.end - start > MAX_VALUE_BYTES) {
    reject(state, 'too_long')
    return span.end
  }
  const value = parseJson(body.toString('utf8', start, span.end))
  if (isRecord(value)) takeObject(state, value, span)
  else if (value !== undefined) takeScalar(state, value)
  else if (isObject) return takeBroken(state, { start, end }, stop)
  else return takeGarbage(state, { start, end })
  return span.end
}

/** An object that is none; `stop` is where its brackets seem to close, or -1. */
function takeBroken(state: State, { start, end }: Span, stop: number): number {
  const { body } = state
  const isAlone = stop !== -1 && unglue(body.subarray(start, stop), 0).found.length === 0
  if (!isAlone && end - start <= MAX_VALUE_BYTES) return takeGlued(state, { start, end })
  reject(state, 'malformed')
  return isAlone ? stop : end
}

/** Whatever stands before the next object is one piece. */
function takeGarbage(state: State, { start, end }: Span): number {
  reject(state, 'malformed')
  const next = state.body.subarray(start, end).indexOf(OPEN)
  return next === -1 ? end : start + next
}

/** What a crash of Wazuh leaves in a line of its file: whole alerts behind a torn one. */
function takeGlued(state: State, { start, end }: Span): number {
  const { found, fragments } = unglue(state.body.subarray(start, end), 0)
  for (const part of found) takeObject(state, part.body, { start: start + part.start, end: start + part.end })
  reject(state, 'malformed', fragments)
  return end
}

/** A list may hold lines as texts. */
function takeScalar(state: State, value: unknown): void {
  const inside = typeof value === 'string' ? unwrap({ message: value }, MAX_VALUES) : undefined
  if (inside === undefined || inside.texts.length === 0) reject(state, 'not_object')
  else addAll(state, inside)
}

function takeObject(state: State, value: JsonObject, { start, end }: Span): void {
  const own = state.body.subarray(start, end)
  if (isAlert(value)) return add(state, own)
  const inside = unwrap(value, MAX_VALUES)
  if (inside.texts.length > 0) return addAll(state, inside)
  if (Object.keys(value).length === 0) return reject(state, 'not_object')
  add(state, own)
}

function addAll(state: State, { texts, missed, torn }: Unwrapped): void {
  for (const text of texts) add(state, Buffer.from(text))
  reject(state, 'no_alert_inside', missed)
  reject(state, 'malformed', torn)
}

function add(state: State, line: Buffer): void {
  // Written anew it may be longer than it came: `1e20` has 21 digits.
  if (line.length > MAX_VALUE_BYTES) return reject(state, 'too_long')
  state.values += 1
  // More are not kept: the request is refused.
  if (state.values <= MAX_VALUES) state.out.add(line)
}

function reject(state: State, reason: Rejection, times = 1): void {
  if (times === 0) return
  state.values += times
  state.rejected.set(reason, (state.rejected.get(reason) ?? 0) + times)
}

function scalarEnd(body: Buffer, start: number, end: number): number {
  let at = start + 1
  if (body[start] === QUOTE) {
    while (at < end && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1
    return Math.min(at + 1, end)
  }
  while (at < end && body[at] !== OPEN && !isBetween(body[at])) at += 1
  return at
}

function isBetween(byte: number | undefined): boolean {
  return byte === COMMA || byte === OPEN_LIST || byte === CLOSE_LIST || isBlank(byte)
}

function skipBetween(body: Buffer, from: number, end: number): number {
  let at = skipBlanks(body, from, end)
  while (at < end && isBetween(body[at])) at += 1
  return at
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === NEWLINE
}

/** Byte order marks, too. */
function skipBlanks(body: Buffer, from: number, end = body.length): number {
  let at = from
  while (at < end) {
    if (isBlank(body[at])) at += 1
    else if (body[at] === 0xef && body[at + 1] === 0xbb && body[at + 2] === 0xbf) at += 3
    else return at
  }
  return end
}
