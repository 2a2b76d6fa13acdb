import type { Writable } from 'node:stream'
import { systemErrorCode } from '../core/errors.ts'
import type { Sink } from '../core/ports.ts'
import { createSink } from '../sinks/registry.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

/** The results of a one-shot command on standard output. */
export function createResultSink(
  stdout: Writable,
  telemetry: Telemetry,
  { text, fullAlert }: { readonly text: boolean; readonly fullAlert: boolean },
): Promise<Sink> {
  return createSink(
    { type: 'stdout', format: text ? 'text' : 'json', fullAlert },
    { id: 'stdout', telemetry, stdout },
  )
}

/** Whether the reader of standard output has gone (`| head`): a reason to stop, not an error. */
export function isBrokenPipe(error: unknown): boolean {
  return (
    systemErrorCode(error) === 'EPIPE' || (error instanceof Error && systemErrorCode(error.cause) === 'EPIPE')
  )
}
