import type { ComponentId } from '../../core/indicator.ts'
import type { Match } from '../../core/match.ts'
import type { Sink } from '../../core/ports.ts'
import { sinkEvents } from '../../telemetry/events/sink.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { createAlertTexts } from '../alert-text.ts'
import { openFileWriter } from '../file-writer.ts'
import { formatMatch, type MatchFormat } from '../format.ts'
import { reported } from '../report.ts'
import type { MatchLogConfig } from './config.ts'

export interface MatchLogDeps {
  readonly id: ComponentId
  readonly telemetry: Telemetry
}

/** Every match, a line each. A write resolves when its records are on the disk: they outlive a power failure. */
export async function createMatchLogSink(config: MatchLogConfig, deps: MatchLogDeps): Promise<Sink> {
  const events = sinkEvents(deps.telemetry, deps.id)
  const { path, maxSize: maxBytes, backups } = config
  const writer = await openFileWriter({ path, maxBytes, backups, sync: true, events })
  return {
    id: deps.id,
    write: (delivery, signal) =>
      reported({ target: path, events, signal }, () =>
        writer.append(linesOf(delivery.matches, config), { delivery, signal }),
      ),
    close: () => writer.close(),
  }
}

function* linesOf(matches: readonly Match[], format: MatchFormat): Generator<string> {
  const alertTexts = createAlertTexts()
  for (const match of matches) yield formatMatch(match, format, alertTexts)
}
