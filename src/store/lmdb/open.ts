import { open as openFile, stat } from 'node:fs/promises'
import { open, type RootDatabase } from 'lmdb'
import { AppError, systemErrorCode } from '../../core/errors.ts'

export type StateDatabase = RootDatabase<Buffer, Buffer>

/** `MDB_MAGIC` of LMDB 0.9, little-endian; it lies within the first 64 bytes of either meta page. */
const MAGIC = Buffer.from([0xde, 0xc0, 0xef, 0xbe])
const META_BYTES = 8192

/**
 * Opens (or creates) an LMDB environment in one file. Rejects with STATE_UNWRITABLE when the file is none: LMDB itself
 * ends the process with a segmentation fault on foreign bytes (seen with lmdb-js 3.5.6), so they are looked at first.
 */
export async function openStateDatabase(path: string): Promise<StateDatabase> {
  await refuseForeignFile(path)
  try {
    return open<Buffer, Buffer>({
      path,
      noSubdir: true,
      encoding: 'binary',
      keyEncoding: 'binary',
      useVersions: true,
    })
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
