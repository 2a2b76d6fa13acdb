import type { FactValue, PatternFacts } from '../../core/pattern-facts.ts'
import type { Comparison, Expression } from './ast.ts'
import { isSearch, MAX_SEARCHED_CHARS } from './search-cost.ts'
import { createValueTest } from './value-test.ts'

export type Predicate = (facts: PatternFacts) => boolean

/**
 * An expression as a function over the facts of one observation. A comparison is true when one of the values of its path satisfies
 * it; without a value it is false, negated or not (§9.7). The facts are those of the observation as a whole: it is not told
 * which of them belong to one object.
 */
export function createPredicate(expression: Expression): Predicate {
  if (expression.kind === 'comparison') return createComparison(expression)
  if (expression.kind === 'exists') {
    const { path, negated } = expression
    return (facts) => (facts.get(path)?.length ?? 0) > 0 !== negated
  }
  const parts = expression.of.map(createPredicate)
  return expression.kind === 'and'
    ? (facts) => parts.every((each) => each(facts))
    : (facts) => parts.some((each) => each(facts))
}

function createComparison(comparison: Comparison): Predicate {
  const { path, operator, negated } = comparison
  const test = createValueTest(comparison)
  const isTrue = (value: FactValue): boolean => {
    const satisfies = test(value)
    return satisfies !== undefined && satisfies !== negated
  }
  if (!isSearch(operator)) return (facts) => facts.get(path)?.some(isTrue) ?? false
  return (facts) => {
    let left = MAX_SEARCHED_CHARS
    return (facts.get(path) ?? []).some((value) => {
      left -= typeof value === 'string' ? value.length : 0
      return left >= 0 && isTrue(value)
    })
  }
}
