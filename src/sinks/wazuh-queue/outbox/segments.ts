import { createReadStream } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { entryOf } from './entry.ts'
import type { Position } from './position.ts'

/** One file of an outbox: lines of entries. Files are only appended to, and removed when all of them is sent. */
export interface Segment {
  readonly number: number
  readonly path: string
  /** Up to here it holds what was accepted; beyond may be a write under way. */
  bytes: number
  /** Lines in it that were not read yet. */
  unread: number
}

const NAME = /^(\d{16})\.jsonl$/
const LINE_END = 0x0a

export function segmentAt(folder: string, number: number): Segment {
  return { number, path: join(folder, `${String(number).padStart(16, '0')}.jsonl`), bytes: 0, unread: 0 }
}

/** Those an earlier run left, oldest first. */
export async function findSegments(folder: string): Promise<readonly Segment[]> {
  const numbers = (await readdir(folder)).flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number)
  return Promise.all(
    numbers
      .toSorted((a, b) => a - b)
      .map(async (number) => {
        const segment = segmentAt(folder, number)
        return { ...segment, bytes: (await stat(segment.path)).size }
      }),
  )
}

/** Lines of a segment from an offset on: as many as `readLines` gives, but for a last one that is torn. */
export async function countLines(segment: Segment, from: number): Promise<number> {
  const { path, bytes } = segment
  if (from >= bytes) return 0
  let lines = 0
  let begun = from
  let end = from
  for await (const chunk of createReadStream(path, { start: from, end: bytes - 1 })) {
    if (!Buffer.isBuffer(chunk)) continue
    for (let at = chunk.indexOf(LINE_END); at >= 0; at = chunk.indexOf(LINE_END, at + 1)) {
      lines += 1
      begun = end + at + 1
    }
    end += chunk.length
  }
  // Of the last write the end may be all that is missing.
  const [last] = await readLines(segment, begun)
  return last !== undefined && entryOf(last.text) !== undefined ? lines + 1 : lines
}

/** One read: far more than the longest entry (64,000 bytes, each of two or more when it is written as JSON). */
const READ_BYTES = 512 * 1024

export interface SegmentLine {
  readonly text: string
  /** Where the next one begins. */
  readonly end: Position
}

/**
 * The lines that lie at an offset, as many as one read gives, none at the end. What has no line end (torn, or no entry at all) is one
 * line by itself. Rejects with the system's error.
 */
export async function readLines(
  { path, number, bytes }: Segment,
  from: number,
): Promise<readonly SegmentLine[]> {
  const length = Math.min(READ_BYTES, bytes - from)
  if (length <= 0) return []
  const data = await readAt(path, from, length)
  const lines: SegmentLine[] = []
  let start = 0
  for (let at = data.indexOf(LINE_END); at >= 0; at = data.indexOf(LINE_END, start)) {
    lines.push({ text: data.toString('utf8', start, at), end: { segment: number, offset: from + at + 1 } })
    start = at + 1
  }
  if (lines.length > 0) return lines
  // At least as far as was asked for, also when the file is shorter than it was: else it would be read for ever.
  return [{ text: data.toString('utf8'), end: { segment: number, offset: from + length } }]
}

async function readAt(path: string, from: number, length: number): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, from)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
