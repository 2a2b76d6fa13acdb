import type { Expression, PatternNode } from './ast.ts'
import { readComparison } from './comparison.ts'
import { createCursor, type Cursor } from './cursor.ts'
import { tokenize } from './tokens.ts'

/** The longest pattern in OpenCTI's own tests has 700 characters; lists of hundreds of values are seen in feeds. */
const MAX_PATTERN_CHARS = 256 * 1024
const MAX_DEPTH = 16
/** Comparisons and values of lists; as many as fit into a pattern of that length are fewer than twice this. */
const MAX_VALUES = 10_000

export type ParsedPattern =
  | { readonly kind: 'pattern'; readonly node: PatternNode }
  | { readonly kind: 'refused'; readonly reason: 'not-a-pattern' | 'too-complex' }

interface State {
  readonly cursor: Cursor
  depth: number
  values: number
  tooComplex: boolean
}

/** The grammar of STIX 2.1, part 9, as a tree. Linear in the text's length, never throws. */
export function parsePattern(text: string): ParsedPattern {
  if (text.length > MAX_PATTERN_CHARS) return { kind: 'refused', reason: 'too-complex' }
  const tokens = tokenize(text)
  if (tokens === undefined) return { kind: 'refused', reason: 'not-a-pattern' }
  const state: State = { cursor: createCursor(tokens), depth: 0, values: 0, tooComplex: false }
  const node = readSequence(state)
  if (node !== undefined && state.cursor.atEnd) return { kind: 'pattern', node }
  return { kind: 'refused', reason: state.tooComplex ? 'too-complex' : 'not-a-pattern' }
}

/** One part, or several with a word between them. */
function readJoined<Part>(
  state: State,
  word: string,
  read: (state: State) => Part | undefined,
): readonly Part[] {
  const parts: Part[] = []
  do {
    const part = read(state)
    if (part === undefined) return []
    parts.push(part)
  } while (state.cursor.takeWord(word))
  return parts
}

/** FOLLOWEDBY binds least, then OR, then AND (§9.5). */
function readSequence(state: State): PatternNode | undefined {
  const of = readJoined(state, 'FOLLOWEDBY', readAny)
  return of.length > 1 ? { kind: 'sequence', of } : of[0]
}

function readAny(state: State): PatternNode | undefined {
  const of = readJoined(state, 'OR', readAll)
  return of.length > 1 ? { kind: 'any', of } : of[0]
}

function readAll(state: State): PatternNode | undefined {
  const of = readJoined(state, 'AND', readQualified)
  return of.length > 1 ? { kind: 'all', of } : of[0]
}

function readQualified(state: State): PatternNode | undefined {
  const observation = readObservation(state)
  if (observation === undefined) return undefined
  let node = observation
  for (;;) {
    const qualifier = readQualifier(state.cursor)
    if (qualifier === 'broken') return undefined
    if (qualifier === 'none') return node
    // Twice is as much as once: nothing grows with the number of qualifiers.
    if (node.kind !== 'qualified') node = { kind: 'qualified', of: node }
  }
}

function readQualifier(cursor: Cursor): 'read' | 'none' | 'broken' {
  if (cursor.takeWord('WITHIN'))
    return isAmount(cursor.number()) && cursor.takeWord('SECONDS') ? 'read' : 'broken'
  if (cursor.takeWord('REPEATS')) {
    const times = cursor.number()
    return isAmount(times) && !times.includes('.') && cursor.takeWord('TIMES') ? 'read' : 'broken'
  }
  if (!cursor.takeWord('START')) return 'none'
  const isPeriod = isTime(cursor) && cursor.takeWord('STOP') && isTime(cursor)
  return isPeriod ? 'read' : 'broken'
}

function isAmount(text: string | undefined): text is string {
  return text !== undefined && !text.startsWith('-')
}

/** STIX 2.0 wrote the times of START and STOP as plain text. */
function isTime(cursor: Cursor): boolean {
  const kind = cursor.literal()?.kind
  return kind === 'time' || kind === 'text'
}

function readObservation(state: State): PatternNode | undefined {
  const { cursor } = state
  if (cursor.takeSign('(')) return nested(state, readSequence, ')')
  if (!cursor.takeSign('[')) return undefined
  const expression = nested(state, readOr, ']')
  return expression === undefined ? undefined : { kind: 'observation', expression }
}

function readOr(state: State): Expression | undefined {
  const of = readJoined(state, 'OR', readAnd)
  return of.length > 1 ? { kind: 'or', of } : of[0]
}

function readAnd(state: State): Expression | undefined {
  const of = readJoined(state, 'AND', readTest)
  return of.length > 1 ? { kind: 'and', of } : of[0]
}

function readTest(state: State): Expression | undefined {
  if (state.cursor.takeSign('(')) return nested(state, readOr, ')')
  const comparison = readComparison(state.cursor)
  if (comparison === undefined) return undefined
  state.values += comparison.kind === 'comparison' ? Math.max(1, comparison.literals.length) : 1
  if (state.values <= MAX_VALUES) return comparison
  state.tooComplex = true
  return undefined
}

/** What stands in brackets, and the closing one. */
function nested<Part>(
  state: State,
  read: (state: State) => Part | undefined,
  closing: string,
): Part | undefined {
  if (state.depth > MAX_DEPTH) {
    state.tooComplex = true
    return undefined
  }
  state.depth += 1
  const part = read(state)
  state.depth -= 1
  return part !== undefined && state.cursor.takeSign(closing) ? part : undefined
}
