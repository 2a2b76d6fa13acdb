import { isToldPath } from '../../canonical/stix-paths.ts'
import type { Comparison, Expression } from './ast.ts'
import type { Refusal } from './refusal.ts'
import { createRegex } from './regex.ts'

/** What can be decided of an expression; without `expression` it can never be true. */
export interface Decidable {
  readonly expression?: Expression
  /** Why the rest cannot be decided. */
  readonly refused: readonly Refusal[]
}

/** Takes out of an expression what cannot be decided from an alert: that counts as false. */
export function decidable(expression: Expression): Decidable {
  if (expression.kind === 'comparison' || expression.kind === 'exists') {
    const refusal = refusalOf(expression)
    return refusal === undefined ? { expression, refused: [] } : { refused: [refusal] }
  }
  const parts = expression.of.map(decidable)
  const refused = parts.flatMap((part) => part.refused)
  const of = parts.flatMap((part) => part.expression ?? [])
  if (expression.kind === 'and')
    return of.length < parts.length ? { refused } : { expression: { kind: 'and', of }, refused }
  const [only] = of
  if (only === undefined) return { refused }
  return { expression: of.length === 1 ? only : { kind: 'or', of }, refused }
}

const REFERENCE = /_refs?(?:[.[]|$)/

function refusalOf(test: Extract<Expression, { kind: 'comparison' | 'exists' }>): Refusal | undefined {
  if (!isToldPath(test.path)) return REFERENCE.test(test.path) ? 'reference' : 'unknown-property'
  return test.kind === 'comparison' && isUnsafe(test) ? 'unsafe-regex' : undefined
}

function isUnsafe({ operator, literals: [literal] }: Comparison): boolean {
  return operator === 'matches' && literal?.kind === 'text' && createRegex(literal.value, false) === undefined
}
