import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { errorText, systemErrorCode } from '../../core/errors.ts'
import { lmdbFileProblem, requireRoom } from '../../core/lmdb-file.ts'
import { parseSnapshotMeta } from './schema.ts'
import { META_KEY } from './snapshot-keys.ts'

export type SnapshotDatabase = RootDatabase<Buffer, Buffer>

/** Format of the file; another one is not read. */
const FORMAT = 1

/**
 * LMDB ends the process on some kinds of damage (a file cut short behind its head: SIGBUS). So each opening is counted
 * in a file beside it until all was read, which takes a second for a million indicators; after so many in a row in which the
 * process ended, the file is not touched again.
 */
const MAX_UNFINISHED = 3

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
  const marker = `${path}-opening`
  const unfinished = Number(await readFile(marker, 'utf8').catch(() => '0')) || 0
  const problem =
    unfinished >= MAX_UNFINISHED
      ? 'Tripline ended each time it was read'
      : await lmdbFileProblem(path).then((reason) => reason && `it ${reason}`)
  if (problem !== undefined) await setAside(options, problem)
  requireRoom(dirname(path))
  await writeFile(marker, String(problem === undefined ? unfinished + 1 : 1), { mode: 0o640 })
  const settled = (): Promise<void> => rm(marker, { force: true })
  try {
    return { db: await openChecked(options), settled }
  } catch (error) {
    await settled()
    throw error
  }
}

async function openChecked(options: SnapshotFileOptions): Promise<SnapshotDatabase> {
  const { path, identity, begunAnew } = options
  let db: SnapshotDatabase | undefined
  try {
    db = openDatabase(path)
    const bytes = db.get(META_KEY)
    const meta = bytes === undefined ? undefined : parseSnapshotMeta(bytes)
    if (meta?.format === FORMAT && meta.identity === identity) return db
    const isEmpty = bytes === undefined && db.getKeysCount({ limit: 1 }) === 0
    if (!isEmpty) begunAnew(reasonFor(meta))
  } catch (error) {
    await db?.close()
    await setAside(options, errorText(error))
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

async function setAside({ path, begunAnew }: SnapshotFileOptions, reason: string): Promise<void> {
  begunAnew(reason)
  try {
    await rename(path, `${path}.damaged`)
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error
  }
  await rm(`${path}-lock`, { force: true })
}

async function removeFiles(path: string): Promise<void> {
  await rm(path, { force: true })
  await rm(`${path}-lock`, { force: true })
}
