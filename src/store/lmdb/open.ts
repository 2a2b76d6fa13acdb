import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { AppError } from '../../core/errors.ts'
import { freeLmdbLock, lmdbFileProblem, requireRoom, setAsideLmdb } from '../../core/lmdb-file.ts'
import { readOpeningMarker } from '../../core/opening-marker.ts'
import { syncFolder } from '../../core/sync-folder.ts'
import type { StoreEvents } from '../../telemetry/events/store.ts'
import { handleLostRejections } from './commit-failures.ts'
import { isDeadlyToRead } from './trial.ts'

export type StateDatabase = RootDatabase<Buffer, Buffer>

/**
 * Opens (or creates) an LMDB environment in one file, and reads all of it once. Rejects with STATE_UNWRITABLE when the file is none, or
 * when the disk is full: LMDB itself ends the process with a segmentation fault on foreign bytes and on a full disk (seen
 * with lmdb-js 3.5.6), so both are looked at first. When the process ended several times in a row while it was read, another process
 * tries: a file that ends that, too, is set aside, and said so.
 */
export async function openStateDatabase(path: string, events: StoreEvents): Promise<StateDatabase> {
  await refuseForeignFile(path)
  try {
    requireRoom(dirname(path))
    const marker = await readOpeningMarker(path)
    await freeLmdbLock(path)
    if (marker.isSuspect && (await isDeadlyToRead(path))) await beginAnew(path, events)
    await marker.begin(marker.isSuspect)
    try {
      const db = await openWhole(path)
      // The file may be new, and what is stored in it counts as safe from now on.
      await syncFolder(dirname(path))
      return db
    } finally {
      await marker.settled()
    }
  } catch (error) {
    throw new AppError('STATE_UNWRITABLE', `The state file ${path} cannot be opened`, {
      cause: error,
      hint: 'Check that the folder is writable for the user Tripline runs as and that the disk is not full.',
    })
  }
}

/** Every damaged file is kept: alerts that waited for an answer may be saved from it. */
async function beginAnew(path: string, events: StoreEvents): Promise<void> {
  let kept = `${path}.damaged`
  for (let number = 2; existsSync(kept); number += 1) kept = `${path}.damaged-${number}`
  await setAsideLmdb(path, kept)
  events.begunAnew(path, kept)
}

async function openWhole(path: string): Promise<StateDatabase> {
  const db = open<Buffer, Buffer>({
    path,
    noSubdir: true,
    encoding: 'binary',
    keyEncoding: 'binary',
    useVersions: true,
    // With it, lmdb-js never settles `flushed` and `close` after a failed commit.
    overlappingSync: false,
  })
  try {
    readAll(db)
  } catch (error) {
    await db.close()
    throw error
  }
  handleLostRejections(db)
  return db
}

/** Every page that holds something: what is damaged shows here, and not with the alert that needs it. About a second for 1 GiB. */
function readAll(db: StateDatabase): void {
  for (const _ of db.getRange({ snapshot: false }));
}

async function refuseForeignFile(path: string): Promise<void> {
  let problem: string | undefined
  try {
    problem = await lmdbFileProblem(path)
  } catch (error) {
    throw new AppError('STATE_UNWRITABLE', `The state file ${path} cannot be read`, { cause: error })
  }
  if (problem === undefined) return
  throw new AppError('STATE_UNWRITABLE', `The state file ${path} ${problem}`, {
    hint: 'Move the file away: Tripline starts with an empty one and may report some matches a second time.',
  })
}
