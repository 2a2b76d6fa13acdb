import { randomInt } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import type { StoreEvents } from '../../telemetry/events/store.ts'
import { age, rebased } from '../entry.ts'
import { commitCause } from './commit-failures.ts'
import { storedKey } from './key.ts'
import type { StateDatabase } from './open.ts'
import { decodeRecord, encodeRecord } from './record.ts'

/**
 * Entries looked at by one step. A step comes with every write, so a whole round takes a third as many writes as
 * there are entries, and what has expired stays below a third of what is live.
 */
const STEP = 3

export interface Sweeper {
  /** Looks at the next few entries; removes the expired and rebases those from the future. */
  step(): void
  /** Counts an entry's time to live from now on, if it still comes from the future. */
  rebase(key: Buffer): void
}

export interface SweeperOptions {
  readonly db: StateDatabase
  readonly clock: Clock
  readonly events: StoreEvents
  /** Whether there is room to write; nothing is swept without. */
  readonly hasRoom: () => boolean
}

/** A version no earlier write of the same key has had: what a conditional write is conditional on. */
export function newVersion(): number {
  return randomInt(1, 2 ** 48 - 1)
}

/** Writes are conditional, so a step never undoes what was written meanwhile. Failures are counted, never thrown. */
export function createSweeper({ db, clock, events, hasRoom }: SweeperOptions): Sweeper {
  let cursor = Buffer.from([0])

  async function failed(error: unknown): Promise<void> {
    events.failed('sweep', await commitCause(error))
  }

  function visit(key: Buffer, bytes: Uint8Array, version: number): void {
    const record = decodeRecord(key, bytes)
    const now = clock.now()
    const state = record === undefined ? 'expired' : age(record, now)
    if (state === 'live' || !hasRoom()) return
    if (state === 'expired') db.remove(key, version).catch(failed)
    if (state !== 'future' || record === undefined) return
    const next = encodeRecord({ ...record, ...rebased(record, now) }, storedKey(record.key))
    db.put(key, next, newVersion(), version).catch(failed)
  }

  function step(): void {
    let seen = 0
    for (const { key, value, version } of db.getRange({
      start: cursor,
      exclusiveStart: true,
      limit: STEP,
      versions: true,
    })) {
      seen += 1
      cursor = Buffer.from(key)
      visit(cursor, value, version ?? 0)
    }
    if (seen < STEP) cursor = Buffer.from([0])
  }

  return {
    step,
    rebase: (key) => {
      const found = db.getEntry(key)
      if (found !== undefined) visit(key, found.value, found.version ?? 0)
    },
  }
}
