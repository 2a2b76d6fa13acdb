const NEWLINE = 0x0a
/** A carried line's buffer above this size is given back once the line is complete. */
const KEEP_BYTES = 256 * 1024

/** Gets a line without its newline. The bytes are only valid during the call: copy what must stay. */
export type OnLine = (line: Buffer, offset: number) => void

export interface LineSplitterOptions {
  /** Byte offset of the first byte that will be pushed. */
  readonly offset: number
  /** Longer lines are given to `onTooLong` once, where they pass the cap, and skipped up to their newline. */
  readonly maxLineBytes: number
  readonly onLine: OnLine
  readonly onTooLong: (offset: number) => void
  /**
   * With it, bytes 0 before a line are skipped, and told once for each stretch: a hole, left where a writer that keeps its
   * own offset goes on after a truncation, or where a file system lost the end of a file in a power cut.
   */
  readonly onZeros?: (offset: number) => void
}

/**
 * Cuts bytes into lines at 0x0A. Never decodes: Wazuh passes bytes from 0x80 up unchecked and cuts its writes
 * anywhere, so only single lines may be decoded. Holds at most `maxLineBytes` between two chunks.
 */
export interface LineSplitter {
  push(chunk: Buffer): void
  /**
   * Instead of `push`: gives the lines that the chunk completes as bytes, in a copy, and keeps what stands behind them. Undefined,
   * and nothing is taken, where the chunk completes none, or bytes before or behind the lines are skipped: then push it.
   */
  takeLines(chunk: Buffer): { readonly bytes: Buffer; readonly offset: number } | undefined
  /** Offset after the last newline seen: where a reader that starts again must begin. */
  position(): number
  /** Gives what stands after the last newline, once; undefined when there is nothing (or it was too long). */
  rest(): { readonly line: Buffer; readonly offset: number } | undefined
}

interface State {
  /** Offset of the first byte of the line that is not complete yet. */
  lineStart: number
  /** Offset of the next byte to be pushed. */
  next: number
  carry: Buffer
  carried: number
  skipping: boolean
  /** The last chunk ended in a stretch of zeros. */
  inZeros: boolean
}

export function createLineSplitter(options: LineSplitterOptions): LineSplitter {
  const state: State = {
    lineStart: options.offset,
    next: options.offset,
    carry: Buffer.alloc(0),
    carried: 0,
    skipping: false,
    inZeros: false,
  }
  return {
    push: (chunk) => split(state, chunk, options),
    takeLines: (chunk) => takeLines(state, chunk, options),
    position: () => state.lineStart,
    rest: () => {
      if (state.carried === 0) return undefined
      const rest = { line: state.carry.subarray(0, state.carried), offset: state.lineStart }
      state.carry = Buffer.alloc(0)
      state.carried = 0
      return rest
    },
  }
}

function split(state: State, chunk: Buffer, options: LineSplitterOptions): void {
  const { onLine, onTooLong, maxLineBytes } = options
  const base = state.next
  state.next += chunk.length
  let start = 0
  if (state.carried > 0 || state.skipping) {
    const end = chunk.indexOf(NEWLINE)
    if (end === -1) return carry(state, chunk, options)
    completeCarried(state, chunk.subarray(0, end), options)
    start = end + 1
    state.lineStart = base + start
  }
  start = afterZeros(state, chunk, start, options)
  for (let end = chunk.indexOf(NEWLINE, start); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
    const offset = base + start
    state.lineStart = base + end + 1
    if (end - start > maxLineBytes) onTooLong(offset)
    else onLine(chunk.subarray(start, end), offset)
    start = afterZeros(state, chunk, end + 1, options)
  }
  if (start < chunk.length) carry(state, chunk.subarray(start), options)
}

function takeLines(
  state: State,
  chunk: Buffer,
  options: LineSplitterOptions,
): ReturnType<LineSplitter['takeLines']> {
  const end = chunk.lastIndexOf(NEWLINE) + 1
  if (end === 0 || chunk[end] === 0 || state.skipping || state.inZeros) return undefined
  const offset = state.lineStart
  const bytes = Buffer.concat([state.carry.subarray(0, state.carried), chunk.subarray(0, end)])
  state.carried = 0
  if (state.carry.length > KEEP_BYTES) state.carry = Buffer.alloc(0)
  state.lineStart = state.next + end
  state.next += chunk.length
  if (end < chunk.length) carry(state, chunk.subarray(end), options)
  return { bytes, offset }
}

/** Where the line that begins at `start` has its first byte that is not 0. */
function afterZeros(state: State, chunk: Buffer, start: number, { onZeros }: LineSplitterOptions): number {
  const wasIn = state.inZeros && start === 0
  state.inZeros = false
  if (onZeros === undefined || chunk[start] !== 0) return start
  if (!wasIn) onZeros(state.lineStart)
  let at = start
  while (chunk[at] === 0) at += 1
  state.lineStart += at - start
  state.inZeros = at === chunk.length
  return at
}

function completeCarried(state: State, head: Buffer, options: LineSplitterOptions): void {
  if (!state.skipping) carry(state, head, options)
  const { carried, skipping } = state
  state.carried = 0
  state.skipping = false
  if (!skipping) options.onLine(state.carry.subarray(0, carried), state.lineStart)
  if (state.carry.length > KEEP_BYTES) state.carry = Buffer.alloc(0)
}

function carry(state: State, bytes: Buffer, options: LineSplitterOptions): void {
  if (state.skipping) return
  const needed = state.carried + bytes.length
  if (needed > options.maxLineBytes) {
    state.skipping = true
    state.carried = 0
    state.carry = Buffer.alloc(0)
    return options.onTooLong(state.lineStart)
  }
  if (needed > state.carry.length) {
    const grown = Buffer.allocUnsafe(
      Math.min(options.maxLineBytes, Math.max(needed, 2 * state.carry.length, 8192)),
    )
    state.carry.copy(grown, 0, 0, state.carried)
    state.carry = grown
  }
  bytes.copy(state.carry, state.carried)
  state.carried = needed
}
