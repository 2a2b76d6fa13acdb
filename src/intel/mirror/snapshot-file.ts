import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { errorText } from '../../core/errors.ts'
import { freeLmdbLock, lmdbFileProblem, requireRoom, setAsideLmdb } from '../../core/lmdb-file.ts'
import { readOpeningMarker } from '../../core/opening-marker.ts'
import { parseSnapshotMeta } from './schema.ts'
import { META_KEY } from './snapshot-keys.ts'

export type SnapshotDatabase = RootDatabase<Buffer, Buffer>

/** Format of the file; another one is not read. `stored-form.test.ts` fails where it has to go up. */
const FORMAT = 2

export interface SnapshotFile {
  readonly db: SnapshotDatabase
  /** Call when all of it was read, or when that failed: it does not end the process. */
  readonly settled: () => Promise<void>
}

export interface SnapshotFileOptions {
  readonly path: string
  /** What the content depends on. Content of another identity is removed. */
  readonly identity: string
  /** Called when what is there cannot be used. A damaged file is kept beside, as `<path>.damaged`. */
  readonly begunAnew: (reason: string) => void
}

/** Rejects with the system's error when nothing can be written: a full disk, missing rights. */
export async function openSnapshotFile(options: SnapshotFileOptions): Promise<SnapshotFile> {
  const { path } = options
  const marker = await readOpeningMarker(path)
  const problem = marker.isSuspect
    ? 'Tripline ended each time it was read'
    : await lmdbFileProblem(path).then((reason) => reason && `it ${reason}`)
  if (problem !== undefined) await begunAnew(options, problem)
  requireRoom(dirname(path))
  await freeLmdbLock(path)
  await marker.begin(problem !== undefined)
  const { settled } = marker
  try {
    return { db: await openChecked(options), settled }
  } catch (error) {
    await settled()
    throw error
  }
}

async function openChecked(options: SnapshotFileOptions): Promise<SnapshotDatabase> {
  const { path, identity } = options
  let db: SnapshotDatabase | undefined
  try {
    db = openDatabase(path)
    const bytes = db.get(META_KEY)
    const meta = bytes === undefined ? undefined : parseSnapshotMeta(bytes)
    if (meta?.format === FORMAT && meta.identity === identity) return db
    const isEmpty = bytes === undefined && db.getKeysCount({ limit: 1 }) === 0
    if (!isEmpty) options.begunAnew(reasonFor(meta))
  } catch (error) {
    await db?.close()
    await begunAnew(options, errorText(error))
    return withMeta(openDatabase(path), identity)
  }
  await db.close()
  await removeFiles(path)
  return withMeta(openDatabase(path), identity)
}

function reasonFor(meta: { readonly format: number } | undefined): string {
  if (meta === undefined) return 'it says nothing about what it is'
  return meta.format === FORMAT
    ? 'it was made with other settings, or by another version'
    : 'it was made by another version'
}

function withMeta(db: SnapshotDatabase, identity: string): SnapshotDatabase {
  db.putSync(META_KEY, Buffer.from(JSON.stringify({ format: FORMAT, identity })))
  return db
}

function openDatabase(path: string): SnapshotDatabase {
  return open<Buffer, Buffer>({
    path,
    noSubdir: true,
    encoding: 'binary',
    keyEncoding: 'binary',
    // Every commit is on the disk when it returns, so that a power failure leaves a file that LMDB can read.
    overlappingSync: false,
  })
}

async function begunAnew(options: SnapshotFileOptions, reason: string): Promise<void> {
  options.begunAnew(reason)
  await setAsideLmdb(options.path)
}

async function removeFiles(path: string): Promise<void> {
  await rm(path, { force: true })
  await rm(`${path}-lock`, { force: true })
}
