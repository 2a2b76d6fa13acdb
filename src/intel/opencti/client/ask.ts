/** One GraphQL document, by the name of its only operation. */
export interface Question {
  readonly operation: string
  readonly document: string
  readonly variables?: Readonly<Record<string, unknown>>
}

/** Sends one document and reads `data` of its answer. `read` throws an AppError when it is not what was asked for. */
export type AskOpenCti = <Result>(
  question: Question,
  read: (data: Readonly<Record<string, unknown>>) => Result,
  signal: AbortSignal,
) => Promise<Result>
