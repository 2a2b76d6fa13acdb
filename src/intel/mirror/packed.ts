import { deflateSync, inflateSync } from 'node:zlib'
import type { Indicator } from '../../core/indicator.ts'
import { headOf } from './block-codec.ts'
import { parsePacked } from './schema.ts'

/** The most a damaged length can make zlib unpack: far above a chunk of a thousand indicators. */
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024

/**
 * Indicators as bytes for the disk: what they share once, the rest in rows, as JSON, deflated. Level 1 takes a third
 * of the time of the default for some tenths more space. The zlib format ends in a checksum, so damage is seen.
 */
export function packIndicators(indicators: readonly Indicator[]): Buffer {
  const { shared, keys } = headOf(indicators)
  const rows = indicators.map((indicator) => keys.map((key) => indicator[key] ?? null))
  return deflateSync(JSON.stringify({ shared, keys, rows }), { level: 1 })
}

/** Throws when the bytes are damaged. */
export function unpackIndicators(bytes: Uint8Array): readonly Indicator[] {
  return parsePacked(inflateSync(bytes, { maxOutputLength: MAX_UNPACKED_BYTES }).toString())
}
