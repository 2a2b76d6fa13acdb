import type { Indicator } from '../../core/indicator.ts'
import { packIndicators } from './packed.ts'
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

/** What a staging needs of its snapshot. */
export interface StagingContext {
  readonly db: SnapshotDatabase
  readonly heads: ReadonlyMap<string, SnapshotHead>
  /** No other staging has had it. */
  readonly generation: number
  /** Runs the work in one transaction, when there is room for so many bytes more; throws when not. */
  readonly write: (growthBytes: number, work: () => void) => void
  /** Called with what units have after a commit. */
  readonly committed: (heads: ReadonlyMap<string, SnapshotHead>) => void
}

/** Indicators in one chunk, at most. */
const CHUNK_SIZE = 1024
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

export function createStaging({ db, heads, generation, write, committed }: StagingContext): Staging {
  const units = new Map<string, StagedUnit>()
  let loose = 0
  let packedBytes = 0

  function stagedUnit(unit: string): StagedUnit {
    const known = units.get(unit)
    if (known !== undefined) return known
    if (Buffer.byteLength(unit) > MAX_UNIT_BYTES) throw new RangeError('The name of a unit is too long')
    const staged: StagedUnit = { loose: [], indicators: 0, chunks: [] }
    units.set(unit, staged)
    return staged
  }

  /** Packs what is loose of a unit while there are so many. */
  function pack(unit: string, staged: StagedUnit, atLeast: number): void {
    while (staged.loose.length >= atLeast) {
      const part = staged.loose.slice(0, CHUNK_SIZE)
      staged.loose = staged.loose.slice(CHUNK_SIZE)
      loose -= part.length
      const bytes = packIndicators(part)
      staged.chunks.push({ key: chunkKey({ unit, generation, chunk: staged.chunks.length }), bytes })
      packedBytes += bytes.length + PAGES_BYTES
    }
  }

  /** Inside a transaction. */
  function put(chunks: readonly Chunk[]): void {
    for (const { key, bytes } of chunks) if (bytes !== undefined) db.putSync(key, bytes)
  }

  function writeAhead(): void {
    const chunks = [...units.values()].flatMap((staged) => staged.chunks)
    write(packedBytes, () => put(chunks))
    for (const chunk of chunks) chunk.bytes = undefined
    packedBytes = 0
  }

  /** Inside a transaction. */
  function removeWritten(left: Iterable<StagedUnit>): void {
    for (const { chunks } of left)
      for (const { key, bytes } of chunks) if (bytes === undefined) db.removeSync(key)
  }

  function commit(timestamps: ReadonlyMap<string, number>): void {
    const next = new Map<string, SnapshotHead>()
    for (const [unit, timestamp] of timestamps) {
      const staged = stagedUnit(unit)
      pack(unit, staged, 1)
      next.set(unit, { timestamp, indicators: staged.indicators, chunks: staged.chunks.length, generation })
    }
    write(packedBytes, () => {
      for (const [unit, head] of next) {
        const old = heads.get(unit)
        if (old !== undefined) for (const key of chunksOf(unit, old)) db.removeSync(key)
        put(stagedUnit(unit).chunks)
        db.putSync(headKey(unit), Buffer.from(JSON.stringify(head)))
      }
      removeWritten([...units].filter(([unit]) => !next.has(unit)).map(([, staged]) => staged))
    })
    units.clear()
    committed(next)
  }

  return {
    add: (unit, indicators) => {
      const staged = stagedUnit(unit)
      for (const indicator of indicators) staged.loose.push(indicator)
      staged.indicators += indicators.length
      loose += indicators.length
      pack(unit, staged, CHUNK_SIZE)
      if (loose > MAX_LOOSE) for (const [each, some] of units) pack(each, some, 1)
      if (packedBytes > MAX_PACKED_BYTES) writeAhead()
    },
    count: (unit) => units.get(unit)?.indicators ?? 0,
    commit,
    discard: () => {
      const left = [...units.values()]
      units.clear()
      if (left.some(({ chunks }) => chunks.some(({ bytes }) => bytes === undefined)))
        write(0, () => removeWritten(left))
    },
  }
}
