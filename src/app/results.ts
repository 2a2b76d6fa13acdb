import type { Writable } from 'node:stream'
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
      telemetry: { ...telemetry, logger: createLogger({ level: 'silent' }) },
      stdout,
    },
  )
}
