import type { DeadLetter, DeadLetters } from '../../src/core/dead-letter.ts'

/** Takes every letter at once, and keeps it in memory. */
export function keptDeadLetters(): DeadLetters & { readonly letters: DeadLetter[] } {
  const letters: DeadLetter[] = []
  return {
    letters,
    put: async (given) => {
      letters.push(...given)
      return true
    },
    offer: (given) => void letters.push(...given),
  }
}
