import type { QueueEvents } from '../../../telemetry/events/queue.ts'
import { entryOf, type OutboxEntry } from './entry.ts'
import type { Position, PositionFile } from './position.ts'
import { readLines, type Segment, type SegmentLine } from './segments.ts'

/** An entry that was read and is not removed yet. */
interface Ahead {
  readonly entry: OutboxEntry
  readonly end: Position
  /** Of its line. */
  readonly bytes: number
}

export interface Waiting {
  readonly entries: number
  readonly bytes: number
}

export interface Reader {
  next(): Promise<readonly OutboxEntry[]>
  /** Forgets so many entries; gives where the next one begins, or nothing when there were none. */
  drop(count: number): Position | undefined
  /** True when nothing was read ahead and nothing is left to be read: told by positions, not by counts. */
  isEmpty(): boolean
  /** Damaged lines count until they are read. */
  waiting(): Waiting
}

export interface ReaderParts {
  readonly segments: readonly Segment[]
  readonly position: PositionFile
  readonly events: QueueEvents
}

/** Reads the segments from the position of an earlier run on. */
export function createReader(parts: ReaderParts): Reader {
  const { segments } = parts
  let at: Position = parts.position.initial ?? { segment: 0, offset: 0 }
  let ahead: Ahead[] = []

  const read = async (segment: Segment): Promise<void> => {
    let start = at.segment === segment.number ? at.offset : 0
    const lines = await linesAt(segment, start)
    for (const { text, end } of lines) {
      const entry = entryOf(text)
      if (entry !== undefined) ahead.push({ entry, end, bytes: end.offset - start })
      start = end.offset
      at = end
    }
    segment.unread = at.offset >= segment.bytes ? 0 : Math.max(0, segment.unread - lines.length)
    const damaged = lines.length - ahead.length
    if (damaged > 0) parts.events.damaged(segment.path, damaged)
  }
  const bytesIn = ({ number, bytes }: Segment): number =>
    number < at.segment ? 0 : bytes - (number === at.segment ? at.offset : 0)
  const unread = (): Segment | undefined => segments.find((segment) => bytesIn(segment) > 0)

  return {
    next: async () => {
      while (ahead.length === 0) {
        const segment = unread()
        if (segment === undefined) return []
        await read(segment)
      }
      return ahead.map(({ entry }) => entry)
    },
    drop: (count) => {
      const gone = ahead.slice(0, count)
      ahead = ahead.slice(count)
      return gone.at(-1)?.end
    },
    isEmpty: () => ahead.length === 0 && unread() === undefined,
    waiting: () => ({
      entries: ahead.length + sumOf(segments, ({ unread: lines }) => lines),
      bytes: sumOf(ahead, ({ bytes }) => bytes) + sumOf(segments, bytesIn),
    }),
  }
}

function sumOf<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0)
}

/** A file that cannot be read is passed over as one damaged line: what lies behind it must not wait for it. */
async function linesAt(segment: Segment, from: number): Promise<readonly SegmentLine[]> {
  try {
    return await readLines(segment, from)
  } catch {
    return [{ text: '', end: { segment: segment.number, offset: segment.bytes } }]
  }
}
