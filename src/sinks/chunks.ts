/**
 * One write call takes at most about this much: an alert with thousands of matches, each record with the whole alert in
 * it, must not be held in memory at once.
 */
const MAX_CHUNK_BYTES = 4 * 1024 ** 2

export interface Chunk {
  readonly data: Buffer
  readonly records: number
}

/** Whole lines, ended, in as few chunks as their bound allows; lines are drawn as they are needed. */
export function* chunksOf(lines: Iterable<string>, maxBytes: number = MAX_CHUNK_BYTES): Generator<Chunk> {
  let parts: Buffer[] = []
  let bytes = 0
  for (const line of lines) {
    const part = Buffer.from(`${line}\n`)
    if (bytes > 0 && bytes + part.length > maxBytes) {
      yield { data: Buffer.concat(parts, bytes), records: parts.length }
      parts = []
      bytes = 0
    }
    parts.push(part)
    bytes += part.length
  }
  if (bytes > 0) yield { data: Buffer.concat(parts, bytes), records: parts.length }
}
