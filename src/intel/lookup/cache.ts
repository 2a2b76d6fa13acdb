import { observableKey, type Observable, type ObservableKey } from '../../core/observable.ts'
import type { LookupLayer } from '../../core/ports.ts'
import type { Verdict } from '../../core/verdict.ts'
import type { AnsweredFrom } from '../../telemetry/events/lookup.ts'
import { leftOut, unanswered } from './ask.ts'
import { createAnswers, type Answers, type AnswersOptions, type Remembered } from './answers.ts'

export interface LookupCache {
  readonly layer: LookupLayer
  /** Resolves when every answer is in the store or failed to get there. Await it before the store is closed. */
  readonly idle: () => Promise<void>
}

/**
 * Answers from what was answered before. An answer beyond its time is asked anew, and serves, marked `stale`, only when that
 * gave none. What is unanswered is never remembered. A store that fails costs look-ups, never an answer.
 */
export function createCache(options: AnswersOptions): LookupCache {
  const answers = createAnswers(options)
  return {
    idle: () => answers.idle(),
    layer: (next) => async (observables, signal) => {
      const wanted = new Map(observables.map((observable) => [observableKey(observable), observable]))
      const known = await answers.recall([...wanted.keys()])
      const verdicts = new Map<ObservableKey, Verdict>()
      const from = new Map<AnsweredFrom, number>()
      const give = (key: ObservableKey, verdict: Verdict): void => {
        verdicts.set(key, verdict)
        const origin = originOf(verdict)
        from.set(origin, (from.get(origin) ?? 0) + 1)
      }
      const asked: Observable[] = []
      for (const [key, observable] of wanted) {
        const remembered = known.get(key)
        if (remembered?.fresh === true) give(key, { ...remembered.answer, via: 'cache' })
        else asked.push(observable)
      }
      const fresh = asked.length === 0 ? undefined : await next(asked, signal)
      for (const observable of asked) {
        const key = observableKey(observable)
        give(key, settled(key, fresh?.get(key) ?? unanswered(leftOut()), known.get(key), answers))
      }
      options.events.valuesAnswered(from)
      return verdicts
    },
  }
}

/** Remembers a new answer; where there is none, an old one serves. */
function settled(
  key: ObservableKey,
  verdict: Verdict,
  old: Remembered | undefined,
  answers: Answers,
): Verdict {
  if (verdict.kind !== 'unanswered') answers.keep(key, verdict)
  else if (old !== undefined) return { ...old.answer, via: 'cache', stale: true }
  return verdict
}

function originOf(verdict: Verdict): AnsweredFrom {
  if (verdict.kind === 'unanswered') return 'unanswered'
  if (verdict.via !== 'cache') return 'online'
  return verdict.stale === true ? 'stale' : 'cache'
}
