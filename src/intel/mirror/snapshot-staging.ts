import type { Indicator } from '../../core/indicator.ts'
import { BLOCK_SIZE } from './ordinal.ts'
import { packBlock } from './packed.ts'
import type { SnapshotHead } from './schema.ts'
import type { SnapshotDatabase } from './snapshot-file.ts'
import { chunkKey, chunksOf, headKey, MAX_UNIT_BYTES } from './snapshot-keys.ts'

/** New content of some units, not to be seen until `commit`. */
export interface Staging {
  add(unit: string, indicators: readonly Indicator[]): void
  /** Indicators of one unit so far. */
  count(unit: string): number
  /** Puts it in the place of what these units had, each with its new timestamp; what was added to others is dropped. */
  commit(timestamps: ReadonlyMap<string, number>): void
  discard(): void
}

/** What is kept with each chunk for a start (`PackedBlock`). */
export type Extract = (indicators: readonly Indicator[]) => unknown

/** What a staging needs of its snapshot. */
interface StagingContext {
  readonly extract: Extract | undefined
  readonly db: SnapshotDatabase
  readonly heads: ReadonlyMap<string, SnapshotHead>
  /** No other staging has had it. */
  readonly generation: number
  /** Runs the work in one transaction, when there is room for so many bytes more; throws when not. */
  readonly write: (growthBytes: number, work: () => void) => void
  /** Called with what units have after a commit. */
  readonly committed: (heads: ReadonlyMap<string, SnapshotHead>) => void
}

/** Indicators in memory that are not packed yet; more are packed into smaller chunks. */
const MAX_LOOSE = 16_384
/** Packed chunks in memory; more are written, hidden, ahead of the commit. */
const MAX_PACKED_BYTES = 8 * 1024 * 1024
/** LMDB writes whole pages of 4 KiB, and those of its tree. */
const PAGES_BYTES = 2 * 4096

interface Chunk {
  readonly key: Buffer
  /** Undefined when they are written. */
  bytes: Buffer | undefined
}

interface StagedUnit {
  loose: Indicator[]
  indicators: number
  readonly chunks: Chunk[]
}

interface Packer {
  readonly units: Map<string, StagedUnit>
  /** What the chunks in memory take on the disk. */
  packedBytes: number
  unit(name: string): StagedUnit
  add(name: string, indicators: readonly Indicator[]): void
  /** Packs what is loose of a unit while there are so many. */
  pack(name: string, atLeast: number): void
}

function createPacker({ generation, extract }: StagingContext): Packer {
  const units = new Map<string, StagedUnit>()
  let loose = 0
  const packer: Packer = {
    units,
    packedBytes: 0,
    unit: (name) => {
      const known = units.get(name)
      if (known !== undefined) return known
      if (Buffer.byteLength(name) > MAX_UNIT_BYTES) throw new RangeError('The name of a unit is too long')
      const staged: StagedUnit = { loose: [], indicators: 0, chunks: [] }
      units.set(name, staged)
      return staged
    },
    add: (name, indicators) => {
      const staged = packer.unit(name)
      for (const indicator of indicators) staged.loose.push(indicator)
      staged.indicators += indicators.length
      loose += indicators.length
      packer.pack(name, BLOCK_SIZE)
      if (loose > MAX_LOOSE) for (const each of units.keys()) packer.pack(each, 1)
    },
    pack: (name, atLeast) => {
      const staged = packer.unit(name)
      while (staged.loose.length >= atLeast) {
        const part = staged.loose.slice(0, BLOCK_SIZE)
        staged.loose = staged.loose.slice(BLOCK_SIZE)
        loose -= part.length
        const bytes = packBlock(part, extract?.(part))
        const key = chunkKey({ unit: name, generation, chunk: staged.chunks.length })
        staged.chunks.push({ key, bytes })
        packer.packedBytes += bytes.length + PAGES_BYTES
      }
    },
  }
  return packer
}

export function createStaging(context: StagingContext): Staging {
  const { write } = context
  const packer = createPacker(context)
  const { units } = packer

  function writeAhead(): void {
    const chunks = [...units.values()].flatMap((staged) => staged.chunks)
    write(packer.packedBytes, () => put(context.db, chunks))
    for (const chunk of chunks) chunk.bytes = undefined
    packer.packedBytes = 0
  }

  return {
    add: (unit, indicators) => {
      packer.add(unit, indicators)
      if (packer.packedBytes > MAX_PACKED_BYTES) writeAhead()
    },
    count: (unit) => units.get(unit)?.indicators ?? 0,
    commit: (timestamps) => {
      commit(packer, timestamps, context)
      units.clear()
    },
    discard: () => {
      const left = [...units.values()]
      units.clear()
      if (left.some(({ chunks }) => chunks.some(({ bytes }) => bytes === undefined)))
        write(0, () => removeWritten(context.db, left))
    },
  }
}

function commit(
  packer: Packer,
  timestamps: ReadonlyMap<string, number>,
  { db, heads, generation, write, committed }: StagingContext,
): void {
  const next = new Map<string, SnapshotHead>()
  for (const [unit, timestamp] of timestamps) {
    packer.pack(unit, 1)
    const { indicators, chunks } = packer.unit(unit)
    next.set(unit, { timestamp, indicators, chunks: chunks.length, generation })
  }
  write(packer.packedBytes, () => {
    for (const [unit, head] of next) {
      const old = heads.get(unit)
      if (old !== undefined) for (const key of chunksOf(unit, old)) db.removeSync(key)
      put(db, packer.unit(unit).chunks)
      db.putSync(headKey(unit), Buffer.from(JSON.stringify(head)))
    }
    for (const [unit, staged] of packer.units) if (!next.has(unit)) removeWritten(db, [staged])
  })
  committed(next)
}

/** Inside a transaction. */
function put(db: SnapshotDatabase, chunks: readonly Chunk[]): void {
  for (const { key, bytes } of chunks) if (bytes !== undefined) db.putSync(key, bytes)
}

/** Inside a transaction. */
function removeWritten(db: SnapshotDatabase, left: readonly StagedUnit[]): void {
  for (const { chunks } of left)
    for (const { key, bytes } of chunks) if (bytes === undefined) db.removeSync(key)
}
