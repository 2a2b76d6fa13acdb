import type { ComponentId } from '../../core/indicator.ts'
import type { ParsedAlert, ParsedLine } from '../../core/match.ts'
import type { Sink } from '../../core/ports.ts'
import { sinkEvents } from '../../telemetry/events/sink.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { openFileWriter } from '../file-writer.ts'
import { formatParsed } from '../format.ts'
import { bury, writable, type Burial, type Refused } from '../refused.ts'
import { reported } from '../report.ts'
import type { ParsedLogConfig } from './config.ts'

export interface ParsedLogDeps {
  readonly id: ComponentId
  readonly telemetry: Telemetry
  readonly deadLetters?: Burial
}

/**
 * Every alert in which something was found, a line each. A write resolves when the system has its records: they
 * outlive the process, but the last seconds may be missing after a power failure. Waiting for the disk for each batch
 * of a busy manager would slow down the matches.
 */
export async function createParsedLogSink(config: ParsedLogConfig, deps: ParsedLogDeps): Promise<Sink> {
  const events = sinkEvents(deps.telemetry, deps.id)
  const { path, maxSize: maxBytes, backups } = config
  const writer = await openFileWriter({ path, maxBytes, backups, sync: false, events })
  return {
    id: deps.id,
    takes: 'parsed',
    write: (delivery, signal) =>
      reported({ target: path, events, signal }, async () => {
        const refused: Refused<ParsedAlert | ParsedLine>[] = []
        const lines = writable(delivery.parsed, lineOf, refused)
        const written = await writer.append(lines, { delivery, signal })
        const letters = refused.flatMap(({ item, error }) =>
          'line' in item ? [] : [{ alert: item.alert, error }],
        )
        await bury(letters, { id: deps.id, deadLetters: deps.deadLetters, signal })
        return written
      }),
    close: () => writer.close(),
  }
}

function lineOf(parsed: ParsedAlert | ParsedLine): string | undefined {
  return 'line' in parsed ? parsed.line : formatParsed(parsed)
}
