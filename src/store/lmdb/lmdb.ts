import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import { hasRoom, requireRoom } from '../../core/lmdb-file.ts'
import type { Store } from '../../core/ports.ts'
import type { StoreEvents } from '../../telemetry/events/store.ts'
import { age, lifetime } from '../entry.ts'
import { commitCause } from './commit-failures.ts'
import { rangeStart, storedKey } from './key.ts'
import { openStateDatabase, type StateDatabase } from './open.ts'
import { decodeRecord, encodeRecord } from './record.ts'
import { createSweeper, newVersion, type Sweeper } from './sweep.ts'

export interface LmdbStoreOptions {
  readonly stateDir: string
  readonly clock: Clock
  readonly events: StoreEvents
}

interface Context {
  readonly db: StateDatabase
  readonly clock: Clock
  readonly sweeper: Sweeper
}

/** Read at once by `scan`: bounds memory and the time the event loop is held. */
const SCAN_PAGE = 256
const COUNT_STEP = 1000

/**
 * State in `<stateDir>/state.lmdb`. Calls made in one turn of the event loop share one transaction, and resolve when
 * the disk has it. Atomicity comes from conditional writes, so it also holds between processes. Every call rejects
 * with STATE_UNWRITABLE when the file cannot be read or written, and the next one tries again.
 */
export async function openLmdbStore({ stateDir, clock, events }: LmdbStoreOptions): Promise<Store> {
  const db = await openStateDatabase(join(stateDir, 'state.lmdb'), events)
  const sweeper = createSweeper({ db, clock, events, hasRoom: () => hasRoom(stateDir) })
  const context = { db, clock, sweeper }

  function written<Result>(operation: string, work: () => Promise<Result>): Promise<Result> {
    return guarded(operation, () => {
      requireRoom(stateDir)
      return work()
    })
  }

  async function guarded<Result>(operation: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      const cause = await commitCause(error)
      events.failed(operation, cause)
      throw new AppError('STATE_UNWRITABLE', 'The state store failed', {
        cause,
        hint: 'Check the free space and the permissions of the state directory.',
      })
    }
  }

  return {
    get: (key) => guarded('get', () => Promise.resolve(get(context, key))),
    set: (key, value, ttlMs) =>
      written('set', async () => {
        await put(context, key, { value, ttlMs })
      }),
    claim: (key, ttlMs) => written('claim', () => claim(context, key, ttlMs)),
    delete: (key) =>
      written('delete', async () => {
        await db.remove(storedKey(key).bytes)
      }),
    scan: (prefix) => scan(context, prefix),
    count: (prefix) => guarded('count', () => countOf(context, prefix)),
    close: () => guarded('close', () => db.close()),
  }
}

function get({ db, clock, sweeper }: Context, key: string): Uint8Array | undefined {
  const { bytes } = storedKey(key)
  const found = db.get(bytes)
  const record = found === undefined ? undefined : decodeRecord(bytes, found)
  if (record === undefined) return undefined
  const state = age(record, clock.now())
  if (state === 'future') sweeper.rebase(bytes)
  return state === 'expired' ? undefined : record.value
}

interface Put {
  readonly value: Uint8Array
  readonly ttlMs: number
  /** Write only over this version, or only when there is nothing. */
  readonly over?: number | 'nothing'
}

/** Resolves with false when the condition did not hold at the moment of writing. */
async function put(
  { db, clock, sweeper }: Context,
  key: string,
  { value, ttlMs, over }: Put,
): Promise<boolean> {
  const stored = storedKey(key)
  const bytes = encodeRecord({ key, value, ...lifetime(clock.now(), ttlMs) }, stored)
  const version = newVersion()
  sweeper.step()
  if (over === undefined) return await db.put(stored.bytes, bytes, version)
  if (over !== 'nothing') return await db.put(stored.bytes, bytes, version, over)
  return await db.ifNoExists(stored.bytes, () => {
    // The condition's own promise tells how it went.
    void db.put(stored.bytes, bytes, version)
  })
}

/** Between the look and the write another caller or the sweeper may come; then it looks again. */
async function claim(context: Context, key: string, ttlMs: number): Promise<boolean> {
  const { db, clock, sweeper } = context
  const { bytes } = storedKey(key)
  for (;;) {
    const found = db.getEntry(bytes)
    const old = found === undefined ? undefined : decodeRecord(bytes, found.value)
    const state = old === undefined ? 'expired' : age(old, clock.now())
    if (state === 'future') sweeper.rebase(bytes)
    if (state !== 'expired') return false
    const over = found === undefined ? 'nothing' : (found.version ?? 0)
    if (await put(context, key, { value: new Uint8Array(0), ttlMs, over })) return true
  }
}

/** Read page by page, so that no read transaction stays open while the caller works: it sees later writes. */
async function* scan({ db, clock }: Context, prefix: string): AsyncGenerator<readonly [string, Uint8Array]> {
  let start = rangeStart(prefix)
  for (let exclusiveStart = false; ; exclusiveStart = true) {
    const page = [...db.getRange({ start, exclusiveStart, limit: SCAN_PAGE })]
    for (const { key, value } of page) {
      start = Buffer.from(key)
      if (!inRange(start, prefix)) return
      const record = decodeRecord(start, value)
      if (record === undefined || !record.key.startsWith(prefix)) continue
      if (age(record, clock.now()) !== 'expired') yield [record.key, record.value]
    }
    if (page.length < SCAN_PAGE) return
  }
}

/** A second for a million; others have their turn between. */
async function countOf(context: Context, prefix: string): Promise<number> {
  let found = 0
  for await (const _ of scan(context, prefix)) {
    found += 1
    if (found % COUNT_STEP === 0) await setImmediate()
  }
  return found
}

function inRange(key: Buffer, prefix: string): boolean {
  const start = rangeStart(prefix)
  return key.subarray(0, start.length).equals(start)
}
