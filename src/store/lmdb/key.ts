import { createHash } from 'node:crypto'

/** LMDB with 4 KiB pages takes keys of up to 1978 bytes (lmdb-js 3.5). Longer ones are cut here and end in a hash. */
const MAX_PLAIN_BYTES = 1900

/** Never occurs in UTF-8: a cut key cannot be taken for a plain one. */
const CUT_MARK = Buffer.from([0xff])

export interface StoredKey {
  readonly bytes: Buffer
  /** True when `bytes` is not the whole key: the entry then carries the key itself. */
  readonly cut: boolean
}

/**
 * UTF-8 bytes of a key, so that byte order is key order; a key over 1900 bytes becomes its first 1900 bytes, a mark
 * and the SHA-256 of the whole. Order among keys that agree in their first 1900 bytes is then that of the hashes.
 */
export function storedKey(key: string): StoredKey {
  // A NUL in front keeps an empty key legal and every key below the cut mark.
  const bytes = Buffer.from(`\0${key}`)
  if (bytes.length <= MAX_PLAIN_BYTES) return { bytes, cut: false }
  const digest = createHash('sha256').update(bytes).digest()
  return { bytes: Buffer.concat([bytes.subarray(0, MAX_PLAIN_BYTES), CUT_MARK, digest]), cut: true }
}

/** The text of a key that was not cut. */
export function plainKey(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8').slice(1)
}

/** Where the keys with this prefix begin. */
export function rangeStart(prefix: string): Buffer {
  return Buffer.from(`\0${prefix}`).subarray(0, MAX_PLAIN_BYTES)
}
