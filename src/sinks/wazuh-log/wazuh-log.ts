import type { ComponentId } from '../../core/indicator.ts'
import type { Match } from '../../core/match.ts'
import type { Delivery, Notice, Sink } from '../../core/ports.ts'
import { createTurns } from '../../core/turns.ts'
import { sinkEvents, type SinkEvents } from '../../telemetry/events/sink.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { stoppedError } from '../errors.ts'
import { openFileWriter, type FileWriter } from '../file-writer.ts'
import { createNoticeGate } from '../notice-gate.ts'
import { createPace, type Pace } from '../pace.ts'
import { bury, type Burial } from '../refused.ts'
import { reported } from '../report.ts'
import { eachWazuhLine, wazuhNoticeLine } from '../wazuh-events.ts'
import type { WazuhLogConfig } from './config.ts'
import { createPieces, type Pieces } from './pieces.ts'

/**
 * Lines written at a time, and lines that may be ahead of the pace. Wazuh's log collector reads every 2 s into a queue of 1,024
 * lines and drops what does not fit (4.14, recorded): 2 s at the highest pace and both of these make 1,000.
 */
const MAX_PIECE = 100

export interface WazuhLogDeps {
  readonly id: ComponentId
  readonly telemetry: Telemetry
  readonly deadLetters?: Burial
}

/**
 * True matches as events for Wazuh, a line each, and troubles with providers. A write resolves when its lines are on the
 * disk. Matches that are held back and only reported are left out: Wazuh is to raise an alert for each event.
 */
export async function createWazuhLogSink(config: WazuhLogConfig, deps: WazuhLogDeps): Promise<Sink> {
  const { id, telemetry } = deps
  const { path, maxSize: maxBytes, backups } = config
  const events = sinkEvents(telemetry, id)
  const writer = await openFileWriter({ path, maxBytes, backups, sync: true, events })
  const size = Math.min(MAX_PIECE, config.maxPerSecond)
  const pace = createPace({ perSecond: config.maxPerSecond, burst: size, clock: telemetry.clock })
  // A file takes one writer at a time, and notices come whenever they come.
  const inTurn = createTurns()
  const write = createWrite({ ...deps, config, writer, pace, events, size })
  const tell = (notice: Notice): Promise<void> =>
    inTurn(async () => {
      await writer.append([wazuhNoticeLine(notice, config)])
      pace.wrote(1)
      events.written(1)
    }).catch((error: unknown) => {
      events.noticeLost(error)
      throw error
    })
  const gate = createNoticeGate({ clock: telemetry.clock, tell })
  return {
    id,
    takes: 'matches',
    write: (delivery, signal) =>
      inTurn(() => reported({ target: path, events, signal }, () => write(delivery, signal))),
    notice: (notice) => gate.pass(notice),
    close: () => {
      gate.close()
      return writer.close()
    },
  }
}

interface WriteParts extends WazuhLogDeps {
  readonly config: WazuhLogConfig
  readonly writer: FileWriter
  readonly pace: Pace
  readonly events: SinkEvents
  /** Lines written at a time. */
  readonly size: number
}

type Write = (delivery: Delivery, signal: AbortSignal) => Promise<number>

/** A delivery on its way: what is made of it is made once. */
interface UnderWay {
  readonly delivery: Delivery
  readonly pieces: Pieces
  readonly refused: { readonly match: Match; readonly error: unknown }[]
}

/** Piece by piece; the same delivery given again after a rejection goes on where it broke off. */
function createWrite({ id, deadLetters, config, writer, pace, events, size }: WriteParts): Write {
  let broken: UnderWay | undefined
  const begin = (delivery: Delivery): UnderWay => {
    const refused: UnderWay['refused'] = []
    const lines = eachWazuhLine(delivery.matches, config, (matches, error) => {
      refused.push(...matches.map((match) => ({ match, error })))
    })
    return { delivery, pieces: createPieces(lines, size), refused }
  }
  return async (delivery, signal) => {
    broken = broken?.delivery === delivery ? broken : begin(delivery)
    const { pieces, refused } = broken
    for (let piece = pieces.next(); piece.length > 0; piece = pieces.next()) {
      if (!(await pace.ready(signal))) events.slowed()
      if (signal.aborted) throw stoppedError(config.path)
      await writer.append(piece, { delivery, signal })
      pace.wrote(piece.length)
      pieces.wrote()
    }
    await bury(refused, { id, deadLetters, signal })
    broken = undefined
    return pieces.done
  }
}
