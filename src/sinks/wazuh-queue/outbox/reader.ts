import type { QueueEvents } from '../../../telemetry/events/queue.ts'
import { entryOf, type OutboxEntry } from './entry.ts'
import type { Position, PositionFile } from './position.ts'
import { readLines, type Segment, type SegmentLine } from './segments.ts'

/** An entry that was read and is not removed yet. */
interface Ahead {
  readonly entry: OutboxEntry
  readonly end: Position
  /** Of its line, and of damaged ones before it. */
  readonly bytes: number
}

export interface Reader {
  next(): Promise<readonly OutboxEntry[]>
  /** Forgets so many entries; gives where the next one begins, and their size. */
  drop(count: number): { readonly end: Position | undefined; readonly bytes: number }
}

export interface ReaderParts {
  readonly segments: readonly Segment[]
  readonly position: PositionFile
  readonly waiting: { entries: number; bytes: number }
  readonly events: QueueEvents
}

/** Reads the segments from the position of an earlier run on. */
export function createReader(parts: ReaderParts): Reader {
  const { segments, waiting } = parts
  let at: Position = parts.position.initial ?? { segment: 0, offset: 0 }
  let ahead: Ahead[] = []
  /** Of damaged lines that no entry followed yet. */
  let passed = 0

  const read = async (segment: Segment): Promise<void> => {
    let start = at.segment === segment.number ? at.offset : 0
    const lines = await linesAt(segment, start)
    for (const { text, end } of lines) {
      const entry = entryOf(text)
      passed += end.offset - start
      start = end.offset
      at = end
      if (entry === undefined) continue
      ahead.push({ entry, end, bytes: passed })
      passed = 0
    }
    const damaged = lines.length - ahead.length
    if (damaged > 0) parts.events.damaged(segment.path, damaged)
  }
  const unread = (): Segment | undefined =>
    segments.find(({ number, bytes }) => number > at.segment || (number === at.segment && at.offset < bytes))

  return {
    next: async () => {
      while (ahead.length === 0) {
        const segment = unread()
        if (segment === undefined) {
          // What was damaged or taken away is waited for no longer.
          waiting.entries = 0
          waiting.bytes = 0
          passed = 0
          return []
        }
        await read(segment)
      }
      return ahead.map(({ entry }) => entry)
    },
    drop: (count) => {
      const gone = ahead.slice(0, count)
      ahead = ahead.slice(count)
      return { end: gone.at(-1)?.end, bytes: gone.reduce((sum, { bytes }) => sum + bytes, 0) }
    },
  }
}

/** A file that cannot be read is passed over as one damaged line: what lies behind it must not wait for it. */
async function linesAt(segment: Segment, from: number): Promise<readonly SegmentLine[]> {
  try {
    return await readLines(segment, from)
  } catch {
    return [{ text: '', end: { segment: segment.number, offset: segment.bytes } }]
  }
}
