import type { FileHandle } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

const CHUNK_BYTES = 256 * 1024
/**
 * One chunk at a time: zlib then reports damage only after everything before it was taken. With a larger mark Node
 * throws away the chunks that wait in the buffer when the error comes (seen with Node 20).
 */
const READ_AHEAD_BYTES = 1

export function isGzipName(path: string): boolean {
  return path.endsWith('.gz')
}

/** RFC 1952, 2.3.1: the two bytes every gzip member begins with. */
export function hasGzipMagic(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

/**
 * Unpacks a stream of one or several gzip members. Iterating gives every byte that could be unpacked, then throws when
 * the input was cut off or damaged.
 */
export function gunzip(compressed: Readable): Readable {
  const options = { chunkSize: CHUNK_BYTES, readableHighWaterMark: READ_AHEAD_BYTES }
  // The error, if any, reaches whoever iterates the result.
  return pipeline(compressed, createGunzip(options), () => undefined)
}

/** The unpacked bytes of an open file, from its beginning. Leaves the handle open (a `ReadStream` would close it). */
export function gunzipFile(handle: FileHandle, readBytes = CHUNK_BYTES): Readable {
  return gunzip(Readable.from(chunksOf(handle, readBytes), { objectMode: false }))
}

async function* chunksOf(handle: FileHandle, bytes: number): AsyncGenerator<Buffer> {
  for (let position = 0; ;) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(bytes), 0, bytes, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
