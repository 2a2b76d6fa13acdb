import type { Alert } from './alert.ts'
import type { ComponentId } from './indicator.ts'
import type { Match } from './match.ts'

/** Why something is not worked on any more. A closed list: labels of metrics are made of it. */
export const DEAD_LETTER_REASONS = [
  'analysis',
  'age',
  'limit',
  'damaged',
  'unanswerable',
  'refused',
  'dropped',
] as const
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number]

/** What can never be examined or delivered, kept for a person to look at and for `tripline scan` to read again. */
export interface DeadLetter {
  readonly reason: DeadLetterReason
  /** The provider or sink it was meant for; `pipeline` where it got to none. */
  readonly component: ComponentId
  readonly error?: unknown
  /** Not needed beside `match`, which has it. */
  readonly alert?: Alert
  readonly match?: Match
  /** What is neither: an event for Wazuh, the text of an alert that cannot be read back. */
  readonly text?: string
}

export interface DeadLetters {
  /**
   * Resolves to true when all of them are durable. Tries again for as long as it takes; false when `signal` aborts that.
   * What they are about may be forgotten only after that.
   */
  put(letters: readonly DeadLetter[], signal: AbortSignal): Promise<boolean>
  /** For whoever may not wait: kept in memory until it can be written, and counted as lost beyond a bound. */
  offer(letters: readonly DeadLetter[]): void
}
