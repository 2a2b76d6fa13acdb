import { AppError, systemErrorCode } from '../core/errors.ts'

/** What a command ends with when its results cannot be written. */
export function outputError(cause: Error): AppError {
  return new AppError('SINK_UNWRITABLE', `Cannot write standard output: ${cause.message}`, { cause })
}

/** Whether the reader of standard output has gone (`| head`): a reason to stop, not an error. */
export function isBrokenPipe(error: unknown): boolean {
  return (
    systemErrorCode(error) === 'EPIPE' || (error instanceof Error && systemErrorCode(error.cause) === 'EPIPE')
  )
}
