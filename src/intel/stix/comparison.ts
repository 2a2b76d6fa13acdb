import type { Comparison, Expression, Literal, Operator } from './ast.ts'
import type { Cursor } from './cursor.ts'

type Test = Extract<Expression, { kind: 'comparison' | 'exists' }>

const SIGNS: ReadonlyMap<string, Pick<Comparison, 'operator' | 'negated'>> = new Map<
  string,
  Pick<Comparison, 'operator' | 'negated'>
>([
  ['=', { operator: '=', negated: false }],
  ['==', { operator: '=', negated: false }],
  ['!=', { operator: '=', negated: true }],
  ['<>', { operator: '=', negated: true }],
  ['<', { operator: '<', negated: false }],
  ['<=', { operator: '<=', negated: false }],
  ['>', { operator: '>', negated: false }],
  ['>=', { operator: '>=', negated: false }],
])
const WORDS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['IN', 'in'],
  ['LIKE', 'like'],
  ['MATCHES', 'matches'],
  ['ISSUBSET', 'issubset'],
  ['ISSUPERSET', 'issuperset'],
])

/** `path [NOT] operator literal`, or `[NOT] EXISTS path` (§9.7, and `propTest` of the published grammar). */
export function readComparison(cursor: Cursor): Test | undefined {
  const isNot = cursor.takeWord('NOT')
  if (cursor.takeWord('EXISTS')) {
    const path = readPath(cursor)
    return path === undefined ? undefined : { kind: 'exists', path, negated: isNot }
  }
  const path = isNot ? undefined : readPath(cursor)
  return path === undefined ? undefined : readOperation(cursor, path, cursor.takeWord('NOT'))
}

function readOperation(cursor: Cursor, path: string, isNot: boolean): Comparison | undefined {
  const word = cursor.word()
  if (word !== undefined) {
    const operator = WORDS.get(word)
    const literals = operator === 'in' ? readList(cursor) : readTextOnly(cursor)
    return operator === undefined || literals === undefined
      ? undefined
      : { kind: 'comparison', path, operator, negated: isNot, literals }
  }
  const sign = SIGNS.get(cursor.sign() ?? '')
  const literal = sign === undefined ? undefined : readLiteral(cursor)
  if (sign === undefined || literal === undefined) return undefined
  const { operator, negated } = sign
  if (operator !== '=' && literal.kind === 'boolean') return undefined
  return { kind: 'comparison', path, operator, negated: negated !== isNot, literals: [literal] }
}

function readTextOnly(cursor: Cursor): readonly Literal[] | undefined {
  const literal = cursor.literal()
  return literal?.kind === 'text' ? [literal] : undefined
}

function readLiteral(cursor: Cursor): Literal | undefined {
  if (cursor.takeWord('true')) return { kind: 'boolean', value: true }
  if (cursor.takeWord('false')) return { kind: 'boolean', value: false }
  return cursor.literal()
}

/** Values of one kind between parentheses; there may be none. */
function readList(cursor: Cursor): readonly Literal[] | undefined {
  if (!cursor.takeSign('(')) return undefined
  if (cursor.takeSign(')')) return []
  const literals: Literal[] = []
  do {
    const literal = readLiteral(cursor)
    if (literal === undefined || literal.kind !== (literals[0] ?? literal).kind) return undefined
    literals.push(literal)
  } while (cursor.takeSign(','))
  return cursor.takeSign(')') ? literals : undefined
}

/** `file:hashes.'SHA-256'`, `email-message:to_refs[*].value`, `x:list[0]`. */
function readPath(cursor: Cursor): string | undefined {
  const object = cursor.word()
  if (object === undefined || !cursor.takeSign(':')) return undefined
  const first = readStep(cursor)
  if (first === undefined) return undefined
  const parts = [`${object}:${first}`]
  let last = first
  for (;;) {
    if (cursor.takeSign('.')) {
      const step = readStep(cursor, last)
      if (step === undefined) return undefined
      parts.push(`.${step}`)
      last = step
    } else if (cursor.takeSign('[')) {
      const index = cursor.takeSign('*') ? '' : cursor.number()
      if (index === undefined || index.includes('.') || !cursor.takeSign(']')) return undefined
      if (index !== '') parts.push(`[${Number(index)}]`)
    } else return parts.join('').toLowerCase()
  }
}

/** A name with a hyphen needs quotes; feeds leave them out with digests only (`hashes.SHA-256`). */
function readStep(cursor: Cursor, before?: string): string | undefined {
  const word = cursor.word()
  if (word !== undefined) return !word.includes('-') || before?.toLowerCase() === 'hashes' ? word : undefined
  const literal = cursor.literal()
  return literal?.kind === 'text' ? literal.value : undefined
}
