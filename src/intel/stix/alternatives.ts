import { anchorsOf, valuesOf } from './anchors.ts'
import type { Expression, PatternNode } from './ast.ts'
import { decidable } from './decidable.ts'
import { parsePattern } from './parser.ts'
import type { Refusal } from './refusal.ts'
import { searchSteps } from './search-cost.ts'

/** A pattern taken apart at its ORs: what one alert can decide of it. */
export interface Alternatives {
  /** Each alone makes the pattern true: one comparison that lists its values, or what is found by its anchors. */
  readonly expressions: readonly Expression[]
  /** Why each of the others matches no alert. */
  readonly refused: readonly Refusal[]
}

/** For each character of a text: those of all LIKE and MATCHES of a pattern. */
const MAX_SEARCH_STEPS = 1000

export function readAlternatives(text: string): Alternatives {
  const parsed = parsePattern(text)
  if (parsed.kind === 'refused') return { expressions: [], refused: [parsed.reason] }
  const expressions: Expression[] = []
  const refused: Refusal[] = []
  let steps = 0
  for (const observation of observationsOf(parsed.node)) {
    if (typeof observation === 'string') {
      refused.push(observation)
      continue
    }
    steps += searchSteps(observation)
    for (const each of disjunctsOf(observation)) {
      const judged = judge(each)
      refused.push(...judged.refused)
      if (judged.expression !== undefined) expressions.push(judged.expression)
    }
  }
  return steps > MAX_SEARCH_STEPS
    ? { expressions: expressions.filter(isList), refused: [...refused, 'too-complex'] }
    : { expressions, refused }
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

/** Values each of which matches by itself. */
function isList(expression: Expression): boolean {
  return expression.kind === 'comparison' && valuesOf(expression) !== undefined
}

function judge(expression: Expression): ReturnType<typeof decidable> {
  if (isList(expression)) return { expression, refused: [] }
  const decided = decidable(expression)
  if (decided.expression !== undefined && anchorsOf(decided.expression) !== undefined) return decided
  // What cannot be decided is the reason only where there is something to be found by.
  return { refused: anchorsOf(expression) === undefined ? ['no-observable'] : decided.refused }
}
