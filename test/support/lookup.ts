import { AppError, type ErrorCode } from '../../src/core/errors.ts'
import { observableKey, type Observable, type ObservableKey } from '../../src/core/observable.ts'
import type { Verdict } from '../../src/core/verdict.ts'
import type { Ask } from '../../src/intel/lookup/ask.ts'
import { indicatorOf } from './index.ts'

export const MISS: Verdict = { kind: 'miss' }

export function domain(value: string): Observable {
  return { type: 'domain', value, where: ['data.dns'] }
}

/** `count` different values. */
export function domains(count: number, prefix = 'host'): readonly Observable[] {
  return Array.from({ length: count }, (_, at) => domain(`${prefix}${at}.example.net`))
}

export function hit(observable: Observable): Verdict {
  const { type, value } = observable
  return { kind: 'hit', indicators: [{ indicator: indicatorOf({ type, value }), kind: 'exact' }] }
}

export type Answers = ReadonlyMap<ObservableKey, Verdict>

export function answersFor(
  observables: readonly Observable[],
  verdictOf: (observable: Observable) => Verdict = () => MISS,
): Answers {
  return new Map(observables.map((each) => [observableKey(each), verdictOf(each)]))
}

export function failure(code: ErrorCode, retryAfterMs?: number): AppError {
  return new AppError(code, `A ${code} of the test`, retryAfterMs === undefined ? {} : { retryAfterMs })
}

interface Asked {
  readonly observables: readonly Observable[]
  readonly values: readonly string[]
  readonly signal: AbortSignal
  /** Misses when nothing else is given. */
  answer(verdictOf?: (observable: Observable) => Verdict): void
  fail(error: unknown): void
}

/** A provider whose requests are kept and answered by the test, in any order. */
export function heldAsk(): { readonly ask: Ask; readonly asked: readonly Asked[] } {
  const asked: Asked[] = []
  const ask: Ask = (observables, signal) =>
    new Promise((resolve, reject) => {
      asked.push({
        observables,
        values: observables.map(({ value }) => value),
        signal,
        answer: (verdictOf) => resolve(answersFor(observables, verdictOf)),
        fail: reject,
      })
    })
  return { ask, asked }
}

/** Lets everything run that waits for nothing outside. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export const NO_ABORT = new AbortController().signal
