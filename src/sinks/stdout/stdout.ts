import type { Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { ComponentId } from '../../core/indicator.ts'
import type { Match } from '../../core/match.ts'
import type { Sink } from '../../core/ports.ts'
import { sinkEvents } from '../../telemetry/events/sink.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { createAlertTexts } from '../alert-text.ts'
import { chunksOf } from '../chunks.ts'
import { sinkError, stoppedError } from '../errors.ts'
import { formatMatch, formatMatchText } from '../format.ts'
import { bury, writable, type Burial, type Refused } from '../refused.ts'
import { reported } from '../report.ts'
import type { StdoutConfig } from './config.ts'

const TARGET = 'standard output'
/** Small against the memory of a reader that takes its time; the size of a pipe on Linux (pipe(7)). */
const CHUNK_BYTES = 64 * 1024

/** Of the settings: how records look. */
type Format = Pick<StdoutConfig, 'format' | 'fullAlert'>

export interface StdoutDeps {
  readonly id: ComponentId
  readonly telemetry: Telemetry
  /** `process.stdout` in the application. It is not ours: `close` leaves it open. */
  readonly stdout: Writable
  readonly deadLetters?: Burial
}

/**
 * Matches on a stream, a line each. A write resolves when the stream has passed all of it on, so a slow reader slows
 * Tripline down. A reader that has gone (EPIPE) rejects with SINK_CLOSED, an abort meanwhile with SINK_UNWRITABLE.
 */
export function createStdoutSink(config: Format, deps: StdoutDeps): Promise<Sink> {
  const events = sinkEvents(deps.telemetry, deps.id)
  let closed = false
  // An `error` event that nobody listens for ends the process. The error itself reaches us through the write.
  deps.stdout.on('error', ignore)
  const write = async (matches: readonly Match[], signal: AbortSignal): Promise<number> => {
    if (closed) throw stoppedError(TARGET)
    let first = true
    const refused: Refused<Match>[] = []
    for (const { data } of chunksOf(writable(matches, lineOf(config), refused), CHUNK_BYTES)) {
      // A pipe or file is written before the call returns: without a pause no signal would be heard until the end.
      if (!first) await setImmediate()
      first = false
      await passOn(deps.stdout, data, signal)
    }
    const letters = refused.map(({ item: match, error }) => ({ match, error }))
    await bury(letters, { id: deps.id, deadLetters: deps.deadLetters, signal })
    return matches.length - refused.length
  }
  return Promise.resolve({
    id: deps.id,
    takes: 'matches',
    write: ({ matches }, signal) =>
      reported({ target: TARGET, events, signal }, () => write(matches, signal)),
    close: () => {
      closed = true
      return Promise.resolve()
    },
  })
}

function ignore(): void {}

function lineOf(config: Format): (match: Match) => string {
  const alertTexts = createAlertTexts()
  return (match) =>
    config.format === 'text' ? formatMatchText(match) : formatMatch(match, config, alertTexts)
}

/** Resolves when the stream has handed the data on, which also means that it has drained. */
function passOn(stream: Writable, data: Buffer, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(stoppedError(TARGET))
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    stream.write(data, (error) => {
      signal.removeEventListener('abort', abort)
      if (error === null || error === undefined) resolve()
      else reject(sinkError(error, TARGET))
    })
  })
}
