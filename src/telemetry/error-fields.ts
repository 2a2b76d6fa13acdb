import { AppError } from '../core/errors.ts'

/** What a log line says of an error besides its text; nothing of an error that is not ours. */
export function codeAndHint(error: unknown): { readonly code?: string; readonly hint?: string | undefined } {
  return error instanceof AppError ? { code: error.code, hint: error.hint } : {}
}
