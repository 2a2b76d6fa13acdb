import { LRUCache } from 'lru-cache'
import type { PatternFacts } from '../../core/pattern-facts.ts'
import { readAlternatives } from './alternatives.ts'
import { createPredicate, type Predicate } from './predicate.ts'

/** Whether a pattern holds for an observation with these facts. */
export type PatternCheck = (pattern: string, facts: PatternFacts) => boolean

/** Patterns that were found lately, and their text in all: a compiled one takes about ten times its text. */
const MAX_PATTERNS = 5000
const MAX_CHARS = 2 * 1024 * 1024

/**
 * True when one of the alternatives that can be decided holds; what is no pattern holds for nothing. Remembers the patterns it was
 * asked for last.
 */
export function createPatternCheck(): PatternCheck {
  const compiled = new LRUCache<string, Predicate>({
    max: MAX_PATTERNS,
    maxSize: MAX_CHARS,
    sizeCalculation: (_predicate, text) => text.length + 1,
  })
  return (pattern, facts) => {
    let predicate = compiled.get(pattern)
    if (predicate === undefined) {
      predicate = compile(pattern)
      compiled.set(pattern, predicate)
    }
    return predicate(facts)
  }
}

function compile(pattern: string): Predicate {
  const any = readAlternatives(pattern).expressions.map(createPredicate)
  return (facts) => any.some((each) => each(facts))
}
