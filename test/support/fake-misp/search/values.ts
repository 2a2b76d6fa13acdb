import type { StoredAttribute } from '../store/stored.ts'
import { fold, halves } from '../store/fold.ts'
import { compressIPv6 } from '../store/normalise.ts'
import { isPattern, likePattern } from './like.ts'
import type { Term, Terms } from './terms.ts'

/** What a `value` filter comes to. */
export interface ValuePlan {
  /** Folded texts that the index answers; undefined when every row must be read. */
  readonly exact: readonly string[] | undefined
  matches(row: StoredAttribute): boolean
}

/**
 * Either half of a composite is compared, never the whole. AND works like OR. Negation takes the first letter off and puts
 * a `!` before the rest, so that it excludes nothing (danger__bang_only_list, danger__double_bang).
 */
export function valuePlan(terms: Terms): ValuePlan {
  const wanted = [...terms.or, ...terms.and]
  const matchers = wanted.map(matcherOf)
  const excluded = new Set(terms.not.map((term) => fold(`!${String(term).slice(1)}`)))
  const exact = new Set(matchers.flatMap(({ text }) => (text === undefined ? [] : [text])))
  const scans = matchers.flatMap(({ test }) => (test === undefined ? [] : [test]))
  const indexable = wanted.length > 0 && scans.length === 0 && !exact.has('')
  return {
    exact: indexable ? [...exact] : undefined,
    matches: (row) => {
      if (terms.never) return false
      const [first, second] = halves(row.type, row.value)
      const both = [fold(first), fold(second)]
      if (both.some((half) => half !== '' && excluded.has(half))) return false
      return wanted.length === 0 || both.some((half) => exact.has(half) || scans.some((test) => test(half)))
    },
  }
}

interface Matcher {
  readonly text?: string
  readonly test?: (folded: string) => boolean
}

function matcherOf(term: Term): Matcher {
  if (typeof term === 'number') return { test: (folded) => sqlNumber(folded) === term }
  if (!isPattern(term)) return { text: fold(compressIPv6(term)) }
  const pattern = likePattern(term)
  return { test: (folded) => pattern.test(folded) }
}

/** How MySQL reads a text as a number: its longest numeric beginning, else 0. */
function sqlNumber(text: string): number {
  const prefix = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/i.exec(text)
  return prefix === null ? 0 : Number(prefix[0])
}
