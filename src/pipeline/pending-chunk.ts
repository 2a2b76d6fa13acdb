import { promisify } from 'node:util'
import { deflateRaw, inflateRaw } from 'node:zlib'
import type { EpochMs } from '../core/alert.ts'
import { parsePendingAlerts, type PendingAlert } from './schema.ts'

const pack = promisify(deflateRaw)
const unpack = promisify(inflateRaw)

/** u8 format, u32 alerts, f64 since (milliseconds), little-endian; then the alerts as deflated JSON (RFC 1951). */
const FORMAT = 1
const HEADER_BYTES = 13
/** A batch of 256 alerts of 1 MiB each is the most that can be: see `maxLineBytes`. */
const MAX_UNPACKED_BYTES = 512 * 1024 ** 2

export interface ChunkHead {
  readonly alerts: number
  /** When they were worked on first. */
  readonly since: EpochMs
}

/** Alerts of one batch, packed: about a fifth of their text. */
export async function encodeChunk(alerts: readonly PendingAlert[], since: EpochMs): Promise<Buffer> {
  const rows = alerts.map(({ alert, questions }) => ({
    alert: { ...alert, digest: alert.digest.toString() },
    questions,
  }))
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt8(FORMAT, 0)
  header.writeUInt32LE(alerts.length, 1)
  header.writeDoubleLE(since, 5)
  return Buffer.concat([header, await pack(JSON.stringify(rows), { level: 1 })])
}

/** Undefined when the bytes are no chunk. */
export function chunkHead(bytes: Uint8Array): ChunkHead | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < HEADER_BYTES || buffer.readUInt8(0) !== FORMAT) return undefined
  const since = buffer.readDoubleLE(5)
  return Number.isFinite(since) ? { alerts: buffer.readUInt32LE(1), since } : undefined
}

/** Rejects when the bytes are damaged. */
export async function decodeChunk(bytes: Uint8Array): Promise<readonly PendingAlert[]> {
  const json = await unpack(bytes.subarray(HEADER_BYTES), { maxOutputLength: MAX_UNPACKED_BYTES })
  return parsePendingAlerts(json.toString('utf8'))
}
