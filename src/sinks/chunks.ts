/**
 * One write call takes at most about this much: an alert with thousands of matches, each record with the whole alert in
 * it, must not be held in memory at once, nor be made without a pause in which the process hears of anything else.
 */
const MAX_CHUNK_BYTES = 1024 ** 2

export interface Chunk {
  readonly data: Buffer
  readonly records: number
}

/** Whole lines, ended, in chunks of at most `maxBytes` (a longer line is one by itself); lines are drawn as needed. */
export function* chunksOf(lines: Iterable<string>, maxBytes: number = MAX_CHUNK_BYTES): Generator<Chunk> {
  const bound = Math.min(maxBytes, MAX_CHUNK_BYTES)
  let parts: string[] = []
  let bytes = 0
  for (const line of lines) {
    const length = Buffer.byteLength(line) + 1
    if (bytes > 0 && bytes + length > bound) {
      yield chunkOf(parts)
      parts = []
      bytes = 0
    }
    parts.push(line)
    bytes += length
  }
  if (bytes > 0) yield chunkOf(parts)
}

function chunkOf(lines: readonly string[]): Chunk {
  return { data: Buffer.from(`${lines.join('\n')}\n`), records: lines.length }
}
