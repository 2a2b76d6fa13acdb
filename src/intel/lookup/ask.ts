import { AppError, toAppError } from '../../core/errors.ts'
import type { Observable, ObservableKey } from '../../core/observable.ts'
import type { Verdict } from '../../core/verdict.ts'

/**
 * One request to a provider for all observables given. It looks like a `Lookup` and differs in one thing: it resolves with
 * a verdict for each, or it *rejects* with an AppError when the whole request failed; after abort, with the signal's reason.
 *
 * A provider gives such a function, and the layers that work on one request (breaker, retry, rate limit, batch size,
 * time-out) go around it. The layer `batch` above them turns a rejection into `unanswered` for the observables of that
 * request, so that all from there outwards never rejects. Being of one shape, all of them stand in one line of `compose`.
 */
export type Ask = (
  observables: readonly Observable[],
  signal: AbortSignal,
) => Promise<ReadonlyMap<ObservableKey, Verdict>>

/** Something around one request. */
export type AskLayer = (next: Ask) => Ask

export function unanswered(error: AppError): Verdict {
  return { kind: 'unanswered', error }
}

/** Of what a caller did not wait for. */
export function givenUp(): AppError {
  return new AppError('PROVIDER_UNREACHABLE', 'The look-up was given up before it was answered')
}

/** A provider that resolves without a verdict for something it was asked breaks its contract. */
export function leftOut(): AppError {
  return new AppError('INTERNAL', 'A look-up gave no verdict for a value it was asked for')
}

/** Any thrown value as the error of a verdict. */
export function lookupError(error: unknown): AppError {
  return toAppError(error, 'A look-up failed unexpectedly')
}
