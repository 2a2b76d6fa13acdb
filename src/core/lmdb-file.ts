import { access, constants, open as openFile, rename, rm, stat } from 'node:fs/promises'
import { systemErrorCode } from './errors.ts'
import { freeBytes } from './free-space.ts'

/** `MDB_MAGIC` of LMDB 0.9, little-endian; it lies within the first 64 bytes of either meta page. */
const MAGIC = Buffer.from([0xde, 0xc0, 0xef, 0xbe])
const META_BYTES = 8192

/** With less, LMDB is not asked to write: a handful of pages, and what others may take meanwhile. */
const MIN_FREE_BYTES = 64 * 1024
/** What grows leaves so much, so that the state store and the checkpoints never starve for it. */
const LEFT_FREE_BYTES = 256 * 1024

/**
 * Why a file is not one LMDB may be asked to open, as the end of a sentence; undefined when it is one, empty or absent.
 * LMDB itself ends the process with a segmentation fault on foreign bytes (seen with lmdb-js 3.5.6), so they are looked
 * at first. Rejects with the system's error when the file cannot be read.
 */
export async function lmdbFileProblem(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path)
    if (size === 0) return undefined
    return size < META_BYTES ? 'is cut short' : await foreignHead(path)
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Moves a file that cannot be used out of the way, to `kept`. Rejects with the system's error. */
export async function setAsideLmdb(path: string, kept = `${path}.damaged`): Promise<void> {
  try {
    await rename(path, kept)
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error
  }
  await rm(`${path}-lock`, { force: true })
}

/**
 * Removes a lock file that this user may not write, as after a command run by another user: lmdb-js 3.5.6 ends the process with a
 * segmentation fault on it. Whoever calls has the state directory to itself, so nobody else holds it. Rejects with the system's error.
 */
export async function freeLmdbLock(path: string): Promise<void> {
  const lock = `${path}-lock`
  try {
    await access(lock, constants.R_OK | constants.W_OK)
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') await rm(lock, { force: true })
  }
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

/**
 * Throws when the disk is nearly full, or would be after growing by so many bytes. LMDB is kept from writing then: it
 * ends the process on a full disk, because its lock file is a memory map, and its message about a failed write may overrun
 * its buffer (mdb.c, `last_error`, in lmdb-js 3.5.6). A write that fails all the same, as by a quota, is handled like
 * any failure.
 */
export function requireRoom(folder: string, growthBytes = 0): void {
  if (hasRoom(folder, growthBytes)) return
  throw new Error(`Less than ${neededBytes(growthBytes)} bytes are free on the disk of ${folder}`)
}

export function hasRoom(folder: string, growthBytes = 0): boolean {
  return freeBytes(folder) >= neededBytes(growthBytes)
}

function neededBytes(growthBytes: number): number {
  return growthBytes === 0 ? MIN_FREE_BYTES : growthBytes + LEFT_FREE_BYTES
}
