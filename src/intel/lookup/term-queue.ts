import type { Observable, ObservableKey } from '../../core/observable.ts'
import type { Verdict } from '../../core/verdict.ts'

/** One value that a caller waits for. */
export interface Term {
  readonly observable: Observable
  readonly key: ObservableKey
  /** Values it costs in a request. */
  readonly weight: number
  /** Monotonic. */
  readonly queuedAt: number
  /** Gives the caller its answer; only the first one counts. */
  settle(verdict: Verdict): void
  settled(): boolean
  /** Set while it is in a request: its caller has left. */
  left?: (() => void) | undefined
}

export function createTerm(
  term: Pick<Term, 'observable' | 'key' | 'weight' | 'queuedAt'>,
  onSettled: (term: Term, verdict: Verdict) => void,
): Term {
  let isSettled = false
  const created: Term = {
    ...term,
    settled: () => isSettled,
    settle: (verdict) => {
      if (isSettled) return
      isSettled = true
      onSettled(created, verdict)
    },
  }
  return created
}

/** Terms that wait to be sent, oldest first. */
export interface TermQueue {
  add(term: Term): void
  remove(term: Term): void
  /** As many of the oldest as weigh no more than `maxWeight`; the first in any case. */
  take(maxWeight: number): readonly Term[]
  oldest(): Term | undefined
  weight(): number
  size(): number
}

export function createTermQueue(): TermQueue {
  const terms = new Set<Term>()
  let weight = 0

  function remove(term: Term): void {
    if (terms.delete(term)) weight -= term.weight
  }

  return {
    add: (term) => {
      terms.add(term)
      weight += term.weight
    },
    remove,
    take: (maxWeight) => {
      const taken: Term[] = []
      let sum = 0
      for (const term of terms) {
        sum += term.weight
        if (taken.length > 0 && sum > maxWeight) break
        taken.push(term)
      }
      taken.forEach(remove)
      return taken
    },
    oldest: () => terms.values().next().value,
    weight: () => weight,
    size: () => terms.size,
  }
}
