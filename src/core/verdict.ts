import type { AppError } from './errors.ts'
import type { MatchedIndicator } from './match.ts'

/** Where an online answer came from, and whether it was kept beyond its time because nobody could be asked. */
export interface AnswerOrigin {
  /** `online` when absent. */
  readonly via?: 'cache'
  readonly stale?: true
}

/**
 * The answer for one observable. `unanswered` is a value: it could not be asked, so it is never cached and
 * never «clean».
 */
export type Verdict =
  | ({
      readonly kind: 'hit'
      readonly indicators: readonly [MatchedIndicator, ...MatchedIndicator[]]
      /** Not all that may apply could be asked: when what was found does not count, the answer is still open. */
      readonly partial?: true
    } & AnswerOrigin)
  | ({ readonly kind: 'miss' } & AnswerOrigin)
  | {
      readonly kind: 'unanswered'
      readonly error: AppError
      /** The provider did answer, in a way that is of no use: asking again gives no more. */
      readonly final?: true
    }
