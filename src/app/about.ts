import { AppError } from '../core/errors.ts'

/** The same error with what it is about before its message: a command is often given several files. */
export function about(subject: string, error: AppError): AppError {
  const { code, message, hint } = error
  return new AppError(code, `${subject}: ${message}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  })
}
