import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { gunzipFile } from '../gzip.ts'
import type { Fingerprint } from './schema.ts'

/** Covers timestamp and rule of the first alert: no two files of Wazuh begin alike. */
export const FINGERPRINT_BYTES = 256
/** Packed bytes read for a head: alerts shrink to a tenth, so the first piece nearly always holds it. */
const HEAD_READ_BYTES = 4096
/** RFC 1952, 2.3.1: a gzip member ends with its check sum and its unpacked size modulo 2^32, each of four bytes. */
const SIZE_BYTES = 4

export function fingerprintOf(bytes: Uint8Array): Fingerprint {
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** At most `count` bytes from the beginning of an open file. Does not move the position of its readers. */
export async function readHead(handle: FileHandle, count: number): Promise<Buffer> {
  if (count === 0) return Buffer.alloc(0)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, 0)
  return buffer.subarray(0, bytesRead)
}

/** As `readHead`, of the unpacked content; what could be unpacked when the file is damaged. */
export async function readGzipHead(handle: FileHandle, count: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let have = 0
  try {
    for await (const chunk of gunzipFile(handle, HEAD_READ_BYTES)) {
      if (!Buffer.isBuffer(chunk)) break
      chunks.push(chunk)
      have += chunk.length
      if (have >= count) break
    }
  } catch {
    // A head is a head: damage is reported by whoever reads the file.
  }
  return Buffer.concat(chunks).subarray(0, count)
}

/** Whether a packed file says of itself that it holds this many bytes; never, when it has several members. */
export async function saysSize(handle: FileHandle, bytes: number): Promise<boolean> {
  const { size } = await handle.stat()
  if (size < SIZE_BYTES) return false
  const { buffer } = await handle.read(Buffer.alloc(SIZE_BYTES), 0, SIZE_BYTES, size - SIZE_BYTES)
  return buffer.readUInt32LE(0) === bytes % 2 ** 32
}

/** True when the file still begins with the bytes that were hashed; a fingerprint of nothing fits every file. */
export function headMatches(head: Uint8Array, fingerprint: Fingerprint): boolean {
  if (head.length < fingerprint.bytes) return false
  return fingerprintOf(head.subarray(0, fingerprint.bytes)).sha256 === fingerprint.sha256
}
