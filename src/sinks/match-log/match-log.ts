import type { ComponentId } from '../../core/indicator.ts'
import type { Match } from '../../core/match.ts'
import type { Sink } from '../../core/ports.ts'
import { sinkEvents } from '../../telemetry/events/sink.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { createAlertTexts } from '../alert-text.ts'
import { openFileWriter } from '../file-writer.ts'
import { formatMatch } from '../format.ts'
import { bury, writable, type Burial, type Refused } from '../refused.ts'
import { reported } from '../report.ts'
import type { MatchLogConfig } from './config.ts'

export interface MatchLogDeps {
  readonly id: ComponentId
  readonly telemetry: Telemetry
  readonly deadLetters?: Burial
}

/** Every match, a line each. A write resolves when its records are on the disk: they outlive a power failure. */
export async function createMatchLogSink(config: MatchLogConfig, deps: MatchLogDeps): Promise<Sink> {
  const events = sinkEvents(deps.telemetry, deps.id)
  const { path, maxSize: maxBytes, backups } = config
  const writer = await openFileWriter({ path, maxBytes, backups, sync: true, events })
  return {
    id: deps.id,
    takes: 'matches',
    write: (delivery, signal) =>
      reported({ target: path, events, signal }, async () => {
        const refused: Refused<Match>[] = []
        const alertTexts = createAlertTexts()
        const lines = writable(delivery.matches, (match) => formatMatch(match, config, alertTexts), refused)
        const written = await writer.append(lines, { delivery, signal })
        const letters = refused.map(({ item: match, error }) => ({ match, error }))
        await bury(letters, { id: deps.id, deadLetters: deps.deadLetters, signal })
        return written
      }),
    close: () => writer.close(),
  }
}
