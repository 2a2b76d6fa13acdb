import type { DeadLetter } from '../core/dead-letter.ts'
import { parseAlertText } from './schema.ts'

/** The dead letter for an alert as it lies in the store; its text where that cannot be read back. */
export function keptLetter(text: string, letter: DeadLetter): DeadLetter {
  try {
    return { ...letter, alert: parseAlertText(text) }
  } catch (error) {
    return { error, ...letter, text }
  }
}
