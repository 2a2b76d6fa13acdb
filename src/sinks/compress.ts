import { createReadStream, createWriteStream } from 'node:fs'
import { lstat, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { crc32, createGzip } from 'node:zlib'
import { systemErrorCode } from '../core/errors.ts'
import { syncFolder } from '../core/sync-folder.ts'

const FILE_MODE = 0o640
/** CRC-32 and size modulo 2^32 of the content, at the end of a gzip file (RFC 1952, 2.3.1). */
const TRAILER_BYTES = 8

/**
 * Replaces `file` by `file.gz`. The plain file goes only when the compressed one lies complete on the disk, so that
 * a crash at any moment leaves one of them whole. Where a `file.gz` of other content exists already, somebody else
 * rotates here too, and both are left alone. Rejects with the system's error, or with an AbortError.
 */
export async function compress(file: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  if (!(await lstat(file)).isFile()) return
  const target = `${file}.gz`
  const kept = await trailerOf(target)
  if (kept === undefined) await gzip(file, target, signal)
  else if (!kept.equals(await trailerFor(file, signal))) return
  await rm(file)
}

async function gzip(file: string, target: string, signal: AbortSignal): Promise<void> {
  const partial = `${target}.tmp`
  try {
    const output = createWriteStream(partial, { mode: FILE_MODE, flush: true })
    await pipeline(createReadStream(file), createGzip(), output, { signal })
    await rename(partial, target)
    // The rename itself must be on the disk before the plain file goes.
    await syncFolder(dirname(target))
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}

/** The trailer of a gzip file; undefined when there is no such file. */
async function trailerOf(path: string): Promise<Buffer | undefined> {
  try {
    const handle = await open(path, 'r')
    try {
      const { size } = await handle.stat()
      const start = Math.max(0, size - TRAILER_BYTES)
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(TRAILER_BYTES), 0, TRAILER_BYTES, start)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** The trailer that a gzip file of this content has. */
async function trailerFor(path: string, signal: AbortSignal): Promise<Buffer> {
  let sum = 0
  const chunks: AsyncIterable<Buffer> = createReadStream(path, { signal })
  for await (const chunk of chunks) sum = crc32(chunk, sum)
  const trailer = Buffer.alloc(TRAILER_BYTES)
  trailer.writeUInt32LE(sum, 0)
  trailer.writeUInt32LE((await stat(path)).size % 2 ** 32, 4)
  return trailer
}
