import { setImmediate as otherWork } from 'node:timers/promises'
import { parseSnapshotHead, type SnapshotHead } from './schema.ts'
import type { SnapshotDatabase } from './snapshot-file.ts'
import { CHUNK_RANGE, chunksOf, HEAD_RANGE, headKey, placeOfChunk, unitOfHead } from './snapshot-keys.ts'

/** Keys read in one turn of the event loop: some milliseconds. */
const PAGE = 1000
/** The same of content, up to 100 kB each. */
const CONTENT_PAGE = 50

export interface Inventory {
  /** The units that are whole. */
  readonly heads: Map<string, SnapshotHead>
  /** Units that were not, in no order. */
  readonly lost: readonly string[]
  /** Keys of what belongs to no whole unit: left by a crash, or damaged. */
  readonly stray: readonly Buffer[]
}

/** Reads all there is, so that damage that ends the process does so here; content is not looked into. */
export async function takeInventory(db: SnapshotDatabase): Promise<Inventory> {
  const heads = new Map<string, SnapshotHead>()
  const lost: string[] = []
  const stray: Buffer[] = []
  await eachKey(db, { ...HEAD_RANGE, limit: PAGE }, (key) => {
    const unit = unitOfHead(key)
    const bytes = db.get(key)
    const head = bytes === undefined ? undefined : parseSnapshotHead(bytes)
    if (head !== undefined) heads.set(unit, head)
    else {
      stray.push(key)
      lost.push(unit)
    }
  })
  const found = new Map<string, number>()
  await eachKey(db, { ...CHUNK_RANGE, limit: CONTENT_PAGE }, (key) => {
    db.getBinaryFast(key)
    const place = placeOfChunk(key)
    const head = heads.get(place?.unit ?? '')
    const isWanted = place !== undefined && place.generation === head?.generation && place.chunk < head.chunks
    if (isWanted) found.set(place.unit, (found.get(place.unit) ?? 0) + 1)
    else stray.push(key)
  })
  for (const [unit, head] of heads) {
    if ((found.get(unit) ?? 0) === head.chunks) continue
    heads.delete(unit)
    lost.push(unit)
    stray.push(headKey(unit), ...chunksOf(unit, head))
  }
  return { heads, lost, stray }
}

interface KeyRange {
  readonly start: Buffer
  readonly end: Buffer
  /** In one turn. */
  readonly limit: number
}

/** Page by page: no read transaction stays open while other work has its turn. */
async function eachKey(db: SnapshotDatabase, range: KeyRange, visit: (key: Buffer) => void): Promise<void> {
  const { end, limit } = range
  let { start } = range
  for (let exclusiveStart = false; ; exclusiveStart = true) {
    const page = [...db.getKeys({ start, end, exclusiveStart, limit })].map((key) => Buffer.from(key))
    for (const key of page) visit(key)
    const last = page.at(-1)
    if (last === undefined || page.length < limit) return
    start = last
    await otherWork()
  }
}
