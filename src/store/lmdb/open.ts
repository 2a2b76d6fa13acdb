import { dirname } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { AppError } from '../../core/errors.ts'
import { lmdbFileProblem, requireRoom } from '../../core/lmdb-file.ts'
import { handleLostRejections } from './commit-failures.ts'

export type StateDatabase = RootDatabase<Buffer, Buffer>

/**
 * Opens (or creates) an LMDB environment in one file. Rejects with STATE_UNWRITABLE when the file is none, or when the
 * disk is full: LMDB itself ends the process with a segmentation fault on foreign bytes and on a full disk (seen with
 * lmdb-js 3.5.6), so both are looked at first.
 */
export async function openStateDatabase(path: string): Promise<StateDatabase> {
  await refuseForeignFile(path)
  try {
    requireRoom(dirname(path))
    const db = open<Buffer, Buffer>({
      path,
      noSubdir: true,
      encoding: 'binary',
      keyEncoding: 'binary',
      useVersions: true,
      // With it, lmdb-js never settles `flushed` and `close` after a failed commit.
      overlappingSync: false,
    })
    handleLostRejections(db)
    return db
  } catch (error) {
    throw new AppError('STATE_UNWRITABLE', `The state file ${path} cannot be opened`, {
      cause: error,
      hint: 'Check that the folder is writable for the user Tripline runs as and that the disk is not full.',
    })
  }
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
