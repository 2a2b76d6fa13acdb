import type { AppError } from './errors.ts'
import type { MatchedIndicator } from './match.ts'

/**
 * The answer for one observable. `unanswered` is a value: it could not be asked, so it is never cached and
 * never «clean».
 */
export type Verdict =
  | { readonly kind: 'hit'; readonly indicators: readonly [MatchedIndicator, ...MatchedIndicator[]] }
  | { readonly kind: 'miss' }
  | { readonly kind: 'unanswered'; readonly error: AppError }
