import type { Alert } from '../core/alert.ts'
import type { LineBlock } from '../core/line-block.ts'
import type { SourceEvents } from '../telemetry/events/source.ts'
import type { Decode } from './decode.ts'
import { createLineSplitter } from './lines.ts'

/** Some alerts of one file, or a block of lines that are not decoded yet, and the offset to begin at once they are done. */
export interface Piece {
  readonly alerts: readonly Alert[]
  /** Then there are no `alerts`. */
  readonly block?: LineBlock
  readonly position: number
}

export interface CollectorOptions {
  /** As configured: the name alerts carry as their origin. */
  readonly file: string
  readonly offset: number
  readonly decode: Decode
  readonly events: SourceEvents
  readonly maxLineBytes: number
  readonly batchAlerts: number
  /** What bytes without a newline at the end are: a whole line of a finished file, or one torn by a crash. */
  readonly unterminated: 'line' | 'fragment'
  /** Chunks of so many bytes or more are given as blocks of lines; absent: none. */
  readonly blockBytes?: number
}

const NEWLINE = 0x0a

/** Chunks of one file → pieces of at most `batchAlerts` alerts; everything that gives no alert is counted. */
export interface Collector {
  /** The pieces are complete: the last one ends where the last line ended, and may hold no alerts. */
  push(chunk: Buffer): readonly Piece[]
  /** What stands after the last newline, when no more will come. */
  finish(): readonly Piece[]
  /** Offset after the last newline seen. */
  position(): number
}

interface State {
  alerts: Alert[]
  pieces: Piece[]
}

export function createCollector(options: CollectorOptions): Collector {
  const { file, decode, events, batchAlerts, blockBytes = Number.POSITIVE_INFINITY } = options
  const state: State = { alerts: [], pieces: [] }
  const splitter = createLineSplitter({
    offset: options.offset,
    maxLineBytes: options.maxLineBytes,
    onTooLong: (offset) => events.skipped('too_long', { file, offset }),
    onZeros: (offset) => events.repaired('zeros', { file, offset }),
    onLine: (line, offset) => {
      takeLine(state, decode, { line, file, offset }, events)
      if (state.alerts.length >= batchAlerts) cut(state, offset + line.length + 1)
    },
  })
  return {
    position: () => splitter.position(),
    push: (chunk) => {
      const lines = chunk.length >= blockBytes ? splitter.takeLines(chunk) : undefined
      if (lines === undefined) {
        splitter.push(chunk)
        cut(state, splitter.position())
      } else state.pieces.push({ alerts: [], block: blockOf(lines, options), position: splitter.position() })
      events.read(0, chunk.length)
      return taken(state, events)
    },
    finish: () => {
      const rest = splitter.rest()
      if (rest === undefined) return []
      takeRest(state, options, rest)
      const end = rest.offset + rest.line.length
      // A torn line stays unread: should its file ever grow again, the line's end completes it.
      cut(state, options.unterminated === 'line' ? end : rest.offset)
      return taken(state, events)
    },
  }
}

function blockOf(
  { bytes, offset }: { readonly bytes: Buffer; readonly offset: number },
  options: CollectorOptions,
): LineBlock {
  const { file, events, maxLineBytes, decode } = options
  // Its bytes are counted as a whole.
  const counted = (alerts: number): void => events.read(alerts, 0)
  const lineByLine = {
    ...options,
    events: { ...events, read: counted },
    blockBytes: Number.POSITIVE_INFINITY,
  }
  return {
    bytes,
    maxLineBytes,
    counted,
    alertsOf: (start, end) =>
      createCollector({ ...lineByLine, offset: offset + start })
        .push(bytes.subarray(start, end))
        .flatMap(({ alerts }) => alerts),
    lastTime: () => {
      const last = decode(bytes.subarray(bytes.lastIndexOf(NEWLINE, -2) + 1, -1), file, offset)
      return last.kind === 'alert' ? last.alert.time : 0
    },
  }
}

interface Line {
  readonly line: Buffer
  readonly file: string
  readonly offset: number
}

function takeLine(state: State, decode: Decode, { line, file, offset }: Line, events: SourceEvents): void {
  const decoded = decode(line, file, offset)
  switch (decoded.kind) {
    case 'alert':
      state.alerts.push(decoded.alert)
      if (decoded.repaired) events.repaired('invalid_utf8', { file, offset })
      return
    case 'skipped':
      return events.skipped(decoded.reason, { file, offset })
    case 'glued':
      state.alerts.push(...decoded.alerts)
      events.repaired('glued', { file, offset })
      for (let i = 0; i < decoded.fragments; i += 1) events.skipped('fragment', { file, offset })
      return
  }
}

function takeRest(state: State, options: CollectorOptions, rest: { line: Buffer; offset: number }): void {
  const { file, decode, events, unterminated } = options
  const place = { file, offset: rest.offset }
  if (unterminated === 'line') return takeLine(state, decode, { ...place, line: rest.line }, events)
  const decoded = decode(rest.line, file, rest.offset)
  if (decoded.kind === 'skipped') {
    return events.skipped(decoded.reason === 'blank' ? 'blank' : 'fragment', place)
  }
  events.repaired('unterminated', place)
  if (decoded.kind === 'alert') state.alerts.push(decoded.alert)
  else state.alerts.push(...decoded.alerts)
}

function cut(state: State, position: number): void {
  state.pieces.push({ alerts: state.alerts, position })
  state.alerts = []
}

function taken(state: State, events: SourceEvents): readonly Piece[] {
  const pieces = state.pieces
  state.pieces = []
  let alerts = 0
  for (const piece of pieces) alerts += piece.alerts.length
  events.read(alerts, 0)
  return pieces
}
