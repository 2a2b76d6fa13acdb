import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { gunzipFile } from '../gzip.ts'
import type { Fingerprint } from './schema.ts'

/** Covers timestamp and rule of the first alert: no two files of Wazuh begin alike. */
export const FINGERPRINT_BYTES = 256

export function fingerprintOf(bytes: Uint8Array): Fingerprint {
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** At most `count` bytes from the beginning of an open file. Does not move the position of its readers. */
export async function readHead(handle: FileHandle, count: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, 0)
  return buffer.subarray(0, bytesRead)
}

/** As `readHead`, of the unpacked content; what could be unpacked when the file is damaged. */
export async function readGzipHead(handle: FileHandle, count: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let have = 0
  try {
    for await (const chunk of gunzipFile(handle)) {
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

/** True when the file still begins with the bytes that were hashed; a fingerprint of nothing fits every file. */
export function headMatches(head: Uint8Array, fingerprint: Fingerprint): boolean {
  if (head.length < fingerprint.bytes) return false
  return fingerprintOf(head.subarray(0, fingerprint.bytes)).sha256 === fingerprint.sha256
}
