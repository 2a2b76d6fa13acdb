import { dirname } from 'node:path'
import { AppError, errorText } from '../../core/errors.ts'
import type { Indicator } from '../../core/indicator.ts'
import { parseJson } from '../../core/json.ts'
import { requireRoom } from '../../core/lmdb-file.ts'
import { decodeBlock } from './block-codec.ts'
import { unpackBlock, type PackedBlock } from './packed.ts'
import type { SnapshotHead } from './schema.ts'
import { openSnapshotFile, type SnapshotDatabase, type SnapshotFileOptions } from './snapshot-file.ts'
import { chunksOf, headKey, NOTE_KEY } from './snapshot-keys.ts'
import { takeInventory } from './snapshot-reading.ts'
import { createStaging, type Extract, type Staging } from './snapshot-staging.ts'

/** What a snapshot says about one unit. */
export interface UnitHead {
  /** The provider's own mark of the unit's state. */
  readonly timestamp: number
  readonly indicators: number
  /** Since when the provider holds the unit back, milliseconds; what it gave before stays meanwhile. */
  readonly unpublishedSince?: number
}

/**
 * A provider's indicators on the disk, unit by unit, so that a start does not need the provider. A unit is replaced as a
 * whole or not at all, also when the process or the machine ends at any point. Everything that writes throws
 * STATE_UNWRITABLE when it cannot, and changes nothing then. One process may use a file: hold its folder's lock.
 */
export interface Snapshot {
  /** In memory. */
  readonly units: ReadonlyMap<string, UnitHead>
  /** Of all units. */
  readonly indicators: number
  /** What was saved last as `note`; undefined when there is none. */
  readonly note: unknown
  /** The unit's indicators, block by block. Throws PROVIDER_MALFORMED when what the disk has is damaged. */
  load(unit: string): Iterable<readonly Indicator[]>
  /** The same without looking into each indicator, as the mirror takes it. Throws PROVIDER_MALFORMED, too. */
  blocks(unit: string): Iterable<PackedBlock>
  stage(): Staging
  /** Applies all of it or nothing. */
  change(change: SnapshotChange): void
  close(): Promise<void>
}

export interface SnapshotChange {
  readonly remove?: Iterable<string>
  /** New `unpublishedSince` of known units; undefined ends it. */
  readonly unpublished?: ReadonlyMap<string, number | undefined>
  /** Anything that JSON can hold. */
  readonly note?: object
}

export interface SnapshotOptions extends Omit<SnapshotFileOptions, 'begunAnew'> {
  /** What is kept beside each block, for `PackedBlock.extract`. */
  readonly extract?: Extract
  readonly events: SnapshotEvents
}

export interface SnapshotEvents {
  /** What is there cannot be used, and why; everything is fetched again. */
  snapshotBegunAnew(path: string, reason: string): void
  /** Units that were not whole or damaged: they are fetched again. */
  snapshotUnitsLost(path: string, units: readonly string[]): void
}

/** Opens the snapshot at `path`, or begins one. Rejects with STATE_UNWRITABLE when nothing can be written. */
export async function openSnapshot({ events, extract, ...options }: SnapshotOptions): Promise<Snapshot> {
  const { path } = options
  try {
    const begunAnew = (reason: string): void => events.snapshotBegunAnew(path, reason)
    const { db, settled } = await openSnapshotFile({ ...options, begunAnew })
    try {
      const heads = await readHeads(path, db, events)
      return snapshotOf({ path, db, heads, extract })
    } catch (error) {
      await db.close()
      throw error
    } finally {
      await settled()
    }
  } catch (error) {
    throw unwritable(path, error)
  }
}

async function readHeads(
  path: string,
  db: SnapshotDatabase,
  events: SnapshotEvents,
): Promise<Context['heads']> {
  const { heads, lost, stray } = await takeInventory(db)
  if (lost.length > 0) events.snapshotUnitsLost(path, lost)
  if (stray.length > 0) writeTo(path, db, 0, () => stray.forEach((key) => void db.removeSync(key)))
  return heads
}

interface Context {
  readonly path: string
  readonly db: SnapshotDatabase
  readonly heads: Map<string, SnapshotHead>
  readonly extract: Extract | undefined
}

function snapshotOf(context: Context): Snapshot {
  const { path, db, heads, extract } = context
  let indicators = 0
  let generation = 0
  for (const head of heads.values()) {
    indicators += head.indicators
    generation = Math.max(generation, head.generation)
  }
  const setHead = (unit: string, head: SnapshotHead | undefined): void => {
    indicators += (head?.indicators ?? 0) - (heads.get(unit)?.indicators ?? 0)
    if (head === undefined) heads.delete(unit)
    else heads.set(unit, head)
  }
  const apply = (next: ReadonlyMap<string, SnapshotHead | undefined>): void => {
    for (const [unit, head] of next) setHead(unit, head)
  }
  const write = (growthBytes: number, work: () => void): void => writeTo(path, db, growthBytes, work)
  return {
    units: heads,
    get indicators() {
      return indicators
    },
    get note() {
      const bytes = db.get(NOTE_KEY)
      return bytes === undefined ? undefined : parseJson(bytes.toString())
    },
    load: (unit) => eachChunk(context, unit, (bytes) => decodeBlock(unpackBlock(bytes).bytes)),
    blocks: (unit) => eachChunk(context, unit, unpackBlock),
    stage: () => {
      generation += 1
      return createStaging({ db, heads, generation, extract, write, committed: apply })
    },
    change: (change) => {
      const next = headsAfter(heads, change)
      write(0, () => {
        if (change.note !== undefined) db.putSync(NOTE_KEY, jsonBytes(change.note))
        for (const [unit, head] of next) putHead(db, unit, head, heads.get(unit))
      })
      apply(next)
    },
    close: () => db.close(),
  }
}

function headsAfter(
  heads: ReadonlyMap<string, SnapshotHead>,
  { remove = [], unpublished = new Map() }: SnapshotChange,
): ReadonlyMap<string, SnapshotHead | undefined> {
  const next = new Map<string, SnapshotHead | undefined>()
  for (const [unit, unpublishedSince] of unpublished) {
    const head = heads.get(unit)
    if (head === undefined) continue
    const { unpublishedSince: _, ...rest } = head
    next.set(unit, unpublishedSince === undefined ? rest : { ...rest, unpublishedSince })
  }
  for (const unit of remove) if (heads.has(unit)) next.set(unit, undefined)
  return next
}

/** Inside a transaction. */
function putHead(
  db: SnapshotDatabase,
  unit: string,
  head: SnapshotHead | undefined,
  old: SnapshotHead | undefined,
): void {
  if (head !== undefined) {
    db.putSync(headKey(unit), jsonBytes(head))
    return
  }
  db.removeSync(headKey(unit))
  if (old !== undefined) for (const key of chunksOf(unit, old)) db.removeSync(key)
}

function* eachChunk<Content>(
  { path, db, heads }: Context,
  unit: string,
  read: (bytes: Buffer) => Content,
): Generator<Content> {
  const head = heads.get(unit)
  if (head === undefined) return
  for (const key of chunksOf(unit, head)) {
    let content: Content
    try {
      content = read(db.get(key) ?? Buffer.alloc(0))
    } catch (error) {
      throw new AppError('PROVIDER_MALFORMED', `A part of the snapshot ${path} is damaged`, { cause: error })
    }
    yield content
  }
}

function jsonBytes(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}

function writeTo(path: string, db: SnapshotDatabase, growthBytes: number, work: () => void): void {
  try {
    requireRoom(dirname(path), growthBytes)
    db.transactionSync(work)
  } catch (error) {
    throw unwritable(path, error)
  }
}

function unwritable(path: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  return new AppError('STATE_UNWRITABLE', `The snapshot ${path} cannot be written: ${errorText(cause)}`, {
    cause,
    hint: 'Check the free space and the permissions of the state directory.',
  })
}
