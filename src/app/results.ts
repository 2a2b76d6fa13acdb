import type { Writable } from 'node:stream'
import { AppError, systemErrorCode } from '../core/errors.ts'
import type { Sink } from '../core/ports.ts'
import { indicatorRecord } from '../sinks/record.ts'
import { createStdoutSink } from '../sinks/stdout/stdout.ts'
import { createLogger } from '../telemetry/logger.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

export { indicatorRecord }

/** The results of a one-shot command on standard output. A write that fails ends the command, which says why: once. */
export function createResultSink(
  stdout: Writable,
  telemetry: Telemetry,
  { text, fullAlert }: { readonly text: boolean; readonly fullAlert: boolean },
): Promise<Sink> {
  return createStdoutSink(
    { format: text ? 'text' : 'json', fullAlert },
    {
      id: 'stdout',
      telemetry: { ...telemetry, logger: createLogger({ level: 'silent', format: 'json' }) },
      stdout,
    },
  )
}

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
