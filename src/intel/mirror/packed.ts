import { deflateSync, inflateSync } from 'node:zlib'
import type { Indicator } from '../../core/indicator.ts'
import type { IndicatorBlock } from '../../core/ports.ts'
import { blockOfIndicators, rowsOf } from './block-codec.ts'
import { parseListing } from './schema.ts'
import { BLOCK_SIZE } from './ordinal.ts'

/** The most a damaged length can make zlib unpack: far above a block. */
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024
/** So that zlib sees at once that there is no more. */
const SPARE_BYTES = 64

/** As a snapshot gives it back. */
export interface PackedBlock extends IndicatorBlock {
  /** What its provider wants to know of the indicators at a start; JSON. */
  readonly extract?: unknown
}

/**
 * A block for the disk: u32 bytes unpacked (little-endian), then, deflated, u32 end of the listing, the listing in JSON, and the
 * block as the mirror keeps it. A start passes the block on as it is and reads the listing only: reading a million indicators
 * and writing them anew took three quarters of it. Level 1 takes a third of the time of the default for some tenths
 * more space. The zlib format ends in a checksum, so damage is seen.
 */
export function packBlock(indicators: readonly Indicator[], extract?: unknown): Buffer {
  const { types, values, bytes } = blockOfIndicators(indicators)
  const listing = Buffer.from(JSON.stringify({ types, values, extract }))
  const unpacked = Buffer.concat([lengthBytes(listing), listing, bytes])
  return Buffer.concat([lengthBytes(unpacked), deflateSync(unpacked, { level: 1 })])
}

function lengthBytes({ length }: Buffer): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(length)
  return bytes
}

/** Throws when the bytes are damaged. */
export function unpackBlock(packed: Buffer): PackedBlock {
  const length = packed.readUInt32LE(0)
  const unpacked = inflateSync(packed.subarray(4), {
    chunkSize: Math.min(length, MAX_UNPACKED_BYTES) + SPARE_BYTES,
    maxOutputLength: MAX_UNPACKED_BYTES,
  })
  const end = 4 + unpacked.readUInt32LE(0)
  const listing = parseListing(unpacked.toString('utf8', 4, end))
  const bytes = unpacked.subarray(end)
  const rows = rowsOf(bytes)
  const fits = unpacked.length === length && rows <= BLOCK_SIZE
  if (!fits || listing.types.length !== rows || listing.values.length !== rows)
    throw new RangeError('The lengths do not fit')
  return { ...listing, bytes }
}
