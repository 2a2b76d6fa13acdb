import type { DeadLetter, DeadLetters } from '../../src/core/dead-letter.ts'

/** Takes every letter at once, and keeps it in memory; with `refuses` it takes none, as one that is full when Tripline stops. */
export function keptDeadLetters({ refuses = false } = {}): DeadLetters & { readonly letters: DeadLetter[] } {
  const letters: DeadLetter[] = []
  return {
    letters,
    put: async (given) => {
      if (refuses) return false
      letters.push(...given)
      return true
    },
    offer: (given) => void letters.push(...given),
  }
}
