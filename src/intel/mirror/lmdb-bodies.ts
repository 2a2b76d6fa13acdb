import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { open } from 'lmdb'
import { AppError } from '../../core/errors.ts'
import { decodeIndicator, encodeBlock } from './block-codec.ts'
import { createBlockNumbers, type BodyStore } from './bodies.ts'
import { blockOf, placeOf } from './ordinal.ts'

/**
 * Bodies in `<dir>/mirror.lmdb`, outside the heap: the operating system keeps in memory what it has room for. The
 * file is a cache: feeds are loaded anew at start, so it is deleted first and never synced to disk. Rejects with
 * STATE_UNWRITABLE when it cannot be made. Only one process may use a directory: hold its lock.
 */
export async function openLmdbBodies(dir: string): Promise<BodyStore> {
  const path = join(dir, 'mirror.lmdb')
  const db = await openFresh(path)
  const numbers = createBlockNumbers()
  return {
    append: async (block) => {
      const number = numbers.take()
      try {
        await db.put(number, encodeBlock(block))
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
      await Promise.all(blocks.map((block) => db.remove(block)))
      for (const block of blocks) numbers.giveBack(block)
    },
    close: async () => {
      await db.close()
      await removeFiles(path)
    },
  }
}

async function openFresh(path: string) {
  try {
    await removeFiles(path)
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
  return new AppError('STATE_UNWRITABLE', `The indicator cache ${path} cannot be written`, {
    cause,
    hint: 'Check the free space and the permissions of the state directory.',
  })
}
