import { open as openFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { AppError, systemErrorCode } from '../../core/errors.ts'
import { freeBytes } from '../../core/free-space.ts'
import { handleLostRejections } from './commit-failures.ts'

export type StateDatabase = RootDatabase<Buffer, Buffer>

/** `MDB_MAGIC` of LMDB 0.9, little-endian; it lies within the first 64 bytes of either meta page. */
const MAGIC = Buffer.from([0xde, 0xc0, 0xef, 0xbe])
const META_BYTES = 8192

/** With less, LMDB is not asked to write: a handful of pages, and what others may take meanwhile. */
const MIN_FREE_BYTES = 64 * 1024

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

/**
 * Throws when the disk is nearly full. LMDB is kept from writing then, because its message about a failed write may
 * overrun its buffer and so damage the process (mdb.c, `last_error`, in lmdb-js 3.5.6). A write that fails all the
 * same, as by a quota, is handled like any failure.
 */
export function requireRoom(folder: string): void {
  if (!hasRoom(folder)) throw new Error(`Less than ${MIN_FREE_BYTES} bytes are free on the disk of ${folder}`)
}

export function hasRoom(folder: string): boolean {
  return freeBytes(folder) >= MIN_FREE_BYTES
}

async function refuseForeignFile(path: string): Promise<void> {
  let problem: string | undefined
  try {
    const { size } = await stat(path)
    if (size > 0) problem = size < META_BYTES ? 'is cut short' : await foreignHead(path)
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return
    throw new AppError('STATE_UNWRITABLE', `The state file ${path} cannot be read`, { cause: error })
  }
  if (problem === undefined) return
  throw new AppError('STATE_UNWRITABLE', `The state file ${path} ${problem}`, {
    hint: 'Move the file away: Tripline starts with an empty one and may report some matches a second time.',
  })
}

async function foreignHead(path: string): Promise<string | undefined> {
  const file = await openFile(path, 'r')
  try {
    const head = Buffer.alloc(64)
    await file.read(head, 0, head.length, 0)
    return head.includes(MAGIC) ? undefined : 'is not an LMDB file'
  } finally {
    await file.close()
  }
}
