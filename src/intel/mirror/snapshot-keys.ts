/** Keys of a snapshot's entries. Heads and chunks lie in ranges of their own. */

/** One entry a unit: its `SnapshotHead`. */
const HEAD = 'h'
/** The packed indicators of a unit, in chunks. */
const CHUNK = 'i'

/** What the file is. */
export const META_KEY = Buffer.from('m')
/** The caller's own note about the whole. */
export const NOTE_KEY = Buffer.from('n')

export const HEAD_RANGE = { start: Buffer.from('h'), end: Buffer.from('i') }
export const CHUNK_RANGE = { start: Buffer.from('i'), end: Buffer.from('j') }

/** LMDB with 4 KiB pages takes keys of up to 1978 bytes (lmdb-js 3.5). */
export const MAX_UNIT_BYTES = 512

const NUMBERS_BYTES = 8

export interface ChunkPlace {
  readonly unit: string
  /** Which replacement of the unit it belongs to. */
  readonly generation: number
  readonly chunk: number
}

export function headKey(unit: string): Buffer {
  return Buffer.from(`${HEAD}${unit}`)
}

export function unitOfHead(key: Buffer): string {
  return key.toString('utf8', 1)
}

export function chunkKey({ unit, generation, chunk }: ChunkPlace): Buffer {
  const numbers = Buffer.alloc(NUMBERS_BYTES)
  numbers.writeUInt32BE(generation, 0)
  numbers.writeUInt32BE(chunk, 4)
  return Buffer.concat([Buffer.from(`${CHUNK}${unit}`), numbers])
}

/** Undefined when the key is too short to be one. */
export function placeOfChunk(key: Buffer): ChunkPlace | undefined {
  const end = key.length - NUMBERS_BYTES
  if (end < 1) return undefined
  return {
    unit: key.toString('utf8', 1, end),
    generation: key.readUInt32BE(end),
    chunk: key.readUInt32BE(end + 4),
  }
}

/** The keys of all chunks of one generation of a unit. */
export function chunksOf(
  unit: string,
  { generation, chunks }: { readonly generation: number; readonly chunks: number },
): readonly Buffer[] {
  return Array.from({ length: chunks }, (_, chunk) => chunkKey({ unit, generation, chunk }))
}
