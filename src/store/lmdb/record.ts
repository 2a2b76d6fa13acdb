import type { Lifetime } from '../entry.ts'
import { plainKey, type StoredKey } from './key.ts'

export interface StoreRecord extends Lifetime {
  readonly key: string
  readonly value: Uint8Array
}

/** u8 format, f64 writtenAt, f64 expiresAt, u32 key length (0 unless the key was cut), key, value. Little-endian. */
const FORMAT = 1
const HEADER_BYTES = 21

export function encodeRecord(record: StoreRecord, stored: StoredKey): Buffer {
  const key = Buffer.from(stored.cut ? record.key : '')
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt8(FORMAT, 0)
  header.writeDoubleLE(record.writtenAt, 1)
  header.writeDoubleLE(record.expiresAt, 9)
  header.writeUInt32LE(key.length, 17)
  return Buffer.concat([header, key, record.value])
}

/** Undefined when the bytes are no record: damaged, or written by another version. The value is a copy. */
export function decodeRecord(keyBytes: Uint8Array, bytes: Uint8Array): StoreRecord | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < HEADER_BYTES || buffer.readUInt8(0) !== FORMAT) return undefined
  const writtenAt = buffer.readDoubleLE(1)
  const expiresAt = buffer.readDoubleLE(9)
  const keyEnd = HEADER_BYTES + buffer.readUInt32LE(17)
  if (keyEnd > buffer.length || Number.isNaN(writtenAt) || Number.isNaN(expiresAt)) return undefined
  const key = keyEnd === HEADER_BYTES ? plainKey(keyBytes) : buffer.toString('utf8', HEADER_BYTES, keyEnd)
  return { key, writtenAt, expiresAt, value: new Uint8Array(buffer.subarray(keyEnd)) }
}
