import type { PatternFacts } from '../core/pattern-facts.ts'
import type { Extract } from '../extract/extract.ts'
import { patternFacts } from '../extract/pattern-facts.ts'
import { createPatternCheck } from '../intel/stix/pattern-check.ts'
import type { AlertPatterns } from '../pipeline/patterns.ts'

/** STIX patterns over what an alert tells. */
export function createAlertPatterns(extract: Extract): AlertPatterns {
  const check = createPatternCheck()
  return (alert, observables) => {
    let facts: PatternFacts | undefined
    return (pattern) => {
      facts ??= patternFacts(alert.body, observables ?? extract(alert).observables)
      return check(pattern, facts)
    }
  }
}
