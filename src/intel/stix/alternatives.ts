import { anchorsOf, valuesOf } from './anchors.ts'
import type { Expression, PatternNode } from './ast.ts'
import { decidable } from './decidable.ts'
import { parsePattern } from './parser.ts'
import type { Refusal } from './refusal.ts'

/** A pattern taken apart at its ORs: what one alert can decide of it. */
export interface Alternatives {
  /** Each alone makes the pattern true: one comparison that lists its values, or what is found by its anchors. */
  readonly expressions: readonly Expression[]
  /** Why each of the others matches no alert. */
  readonly refused: readonly Refusal[]
}

export function readAlternatives(text: string): Alternatives {
  const parsed = parsePattern(text)
  if (parsed.kind === 'refused') return { expressions: [], refused: [parsed.reason] }
  const expressions: Expression[] = []
  const refused: Refusal[] = []
  for (const observation of observationsOf(parsed.node)) {
    if (typeof observation === 'string') {
      refused.push(observation)
      continue
    }
    for (const each of disjunctsOf(observation)) {
      const judged = judge(each)
      refused.push(...judged.refused)
      if (judged.expression !== undefined) expressions.push(judged.expression)
    }
  }
  return { expressions, refused }
}

function observationsOf(node: PatternNode): readonly (Expression | Refusal)[] {
  if (node.kind === 'observation') return [node.expression]
  if (node.kind === 'any') return node.of.flatMap(observationsOf)
  const isOne = node.kind === 'qualified' && !observationsOf(node.of).includes('several-observations')
  return [isOne ? 'qualifier' : 'several-observations']
}

function disjunctsOf(expression: Expression): readonly Expression[] {
  return expression.kind === 'or' ? expression.of.flatMap(disjunctsOf) : [expression]
}

function judge(expression: Expression): ReturnType<typeof decidable> {
  if (expression.kind === 'comparison' && valuesOf(expression) !== undefined)
    return { expression, refused: [] }
  const decided = decidable(expression)
  if (decided.expression !== undefined && anchorsOf(decided.expression) !== undefined) return decided
  // What cannot be decided is the reason only where there is something to be found by.
  return { refused: anchorsOf(expression) === undefined ? ['no-observable'] : decided.refused }
}
