import type { Comparison, Expression, Operator } from './ast.ts'
import { createRegex } from './regex.ts'

/** Characters that one LIKE or MATCHES looks at in an alert. With the most steps a pattern may have: 0.4 s at worst, measured. */
export const MAX_SEARCHED_CHARS = 16 * 1024

/** Whether an operator looks through texts, instead of comparing them. */
export function isSearch(operator: Operator): boolean {
  return operator === 'like' || operator === 'matches'
}

/** Steps for each character that all LIKE and MATCHES of an expression take together, at most. */
export function searchSteps(expression: Expression): number {
  if (expression.kind === 'comparison') return stepsOf(expression)
  if (expression.kind === 'exists') return 0
  return expression.of.reduce((sum, part) => sum + searchSteps(part), 0)
}

function stepsOf({ operator, literals: [literal] }: Comparison): number {
  if (!isSearch(operator) || literal?.kind !== 'text') return 0
  return operator === 'like' ? literal.value.length : (createRegex(literal.value, false)?.steps ?? 0)
}
