import { onAbort } from '../../core/abort.ts'
import { AppError } from '../../core/errors.ts'
import { observableKey, type Observable, type ObservableKey } from '../../core/observable.ts'
import type { LookupLayer } from '../../core/ports.ts'
import type { Verdict } from '../../core/verdict.ts'
import type { LookupEvents } from '../../telemetry/events/lookup.ts'
import { givenUp, unanswered } from './ask.ts'
import { createPost, type PostOptions } from './post.ts'
import { createTerm, type Term } from './term-queue.ts'

export interface BatchOptions extends PostOptions {
  /** How many values an observable costs in a request. */
  readonly weigh: (observable: Observable) => number
  /** Values that may wait; further ones are unanswered at once. Default 50,000. */
  readonly maxWaiting?: number
  readonly events: LookupEvents
}

/**
 * Puts the values of concurrent callers together in few requests. Each caller gets its answers as soon as its own values have
 * theirs; one who leaves takes its waiting values along. Below it requests may reject, above it nothing does.
 */
export function batch(options: BatchOptions): LookupLayer {
  const { clock, weigh, events, maxWaiting = 50_000 } = options
  return (next) => {
    const post = createPost(next, options)

    function add(term: Term): void {
      if (post.waiting() < maxWaiting) return post.add(term)
      events.queueFull(post.waiting())
      term.settle(unanswered(tooMany()))
    }

    return (observables, signal) =>
      new Promise((resolve) => {
        const answers = new Map<ObservableKey, Verdict>()
        const open = new Map<ObservableKey, Term>()
        const leave = (): void => {
          const verdict = unanswered(givenUp())
          for (const term of open.values()) {
            term.settle(verdict)
            post.withdraw(term)
          }
        }
        const done = (): void => {
          unlisten()
          resolve(answers)
        }
        const unlisten = onAbort(signal, leave)
        const settle = (term: Term, verdict: Verdict): void => {
          if (!open.delete(term.key)) return
          answers.set(term.key, verdict)
          if (open.size === 0) done()
        }
        for (const observable of observables) {
          const key = observableKey(observable)
          open.set(
            key,
            createTerm({ observable, key, weight: weigh(observable), queuedAt: clock.monotonic() }, settle),
          )
        }
        if (open.size === 0) return done()
        if (signal.aborted) return leave()
        for (const term of open.values()) add(term)
      })
  }
}

function tooMany(): AppError {
  return new AppError('PROVIDER_OVERLOADED', 'Too many values wait for an answer of the provider', {
    hint: 'They are asked later. Larger batches, more connections or a mirror answer more values in the same time.',
  })
}
