import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as otherWork } from 'node:timers/promises'
import { open } from 'lmdb'
import { AppError, errorText } from '../../core/errors.ts'
import { decodeIndicator } from './block-codec.ts'
import { createBlockRoom, type BlockRoom } from './block-room.ts'
import { createBlockNumbers, type BodyStore } from './bodies.ts'
import { blockOf, placeOf } from './ordinal.ts'

/** Blocks removed in one step: some milliseconds. */
const FREED_AT_ONCE = 256

/**
 * Bodies in `<dir>/mirror.lmdb`, outside the heap: the operating system keeps in memory what it has room for. The
 * file is a cache: feeds are loaded anew at start, so it is deleted first and never synced to disk. So writes are
 * synchronous: they are copies into memory, and one that fails throws, where an asynchronous one of lmdb-js leaves
 * promises behind that nobody can handle. Rejects with STATE_UNWRITABLE when it cannot be made. Only one process may
 * use a directory: hold its lock.
 */
export async function openLmdbBodies(dir: string): Promise<BodyStore> {
  const path = join(dir, 'mirror.lmdb')
  const room = createBlockRoom(dir)
  const db = await openFresh(path, room)
  const numbers = createBlockNumbers()
  return {
    append: async (bytes) => {
      const number = numbers.take()
      try {
        room.require(bytes.length)
        db.putSync(number, bytes)
        room.taken(number, bytes.length)
      } catch (error) {
        numbers.giveBack(number)
        throw unwritable(path, error)
      }
      return number
    },
    get: (ordinal) => {
      try {
        const bytes = db.getBinaryFast(blockOf(ordinal))
        return bytes === undefined ? undefined : decodeIndicator(bytes, placeOf(ordinal))
      } catch {
        return undefined
      }
    },
    free: async (blocks) => {
      for (let start = 0; start < blocks.length; start += FREED_AT_ONCE) {
        room.require(0)
        db.transactionSync(() => {
          for (const block of blocks.slice(start, start + FREED_AT_ONCE)) db.removeSync(block)
        })
        await otherWork()
      }
      room.freed(blocks)
      for (const block of blocks) numbers.giveBack(block)
    },
    close: async () => {
      await db.close()
      await removeFiles(path)
    },
  }
}

async function openFresh(path: string, room: BlockRoom) {
  try {
    await removeFiles(path)
    room.require(0)
    return open<Buffer, number>({
      path,
      noSubdir: true,
      encoding: 'binary',
      keyEncoding: 'uint32',
      noSync: true,
    })
  } catch (error) {
    throw unwritable(path, error)
  }
}

async function removeFiles(path: string): Promise<void> {
  await rm(path, { force: true })
  await rm(`${path}-lock`, { force: true })
}

function unwritable(path: string, cause: unknown): AppError {
  return new AppError(
    'STATE_UNWRITABLE',
    `The indicator cache ${path} cannot be written: ${errorText(cause)}`,
    {
      cause,
      hint: 'Check the free space and the permissions of the state directory.',
    },
  )
}
