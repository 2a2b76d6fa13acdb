import type { AlertPatterns } from '../../src/pipeline/patterns.ts'

/** For tests without patterns: none holds. */
export const noPatterns: AlertPatterns = () => () => false

/** These patterns hold, whatever the alert. */
export function holding(...patterns: readonly string[]): AlertPatterns {
  return () => (pattern) => patterns.includes(pattern)
}
