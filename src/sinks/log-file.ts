import { mkdir, open, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError, systemErrorCode } from '../core/errors.ts'
import { syncName } from './sync-name.ts'

const FILE_MODE = 0o640
const FOLDER_MODE = 0o750
const LINE_END = 0x0a

/** One open output file. All sizes are bytes; every function rejects with the system's error. */
export interface LogFile {
  /** False for a device (`/dev/null`): it has no size and is never rotated, truncated or synchronised. */
  readonly regular: boolean
  /** False when the path names another file by now, or none: somebody renamed, replaced or deleted it. */
  isCurrent(): Promise<boolean>
  size(): Promise<number>
  /** True when the byte before `size` is no line end: a write broke off there. */
  isTorn(size: number): Promise<boolean>
  /** Appends from `offset` on; gives how much the system took, which may be less. */
  write(data: Buffer, offset: number): Promise<number>
  truncate(bytes: number): Promise<void>
  /** Resolves when the content is on the disk, and the file's name with it. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** Opens for appending; the file (0640) and its folder (0750) are created when they are missing. */
export async function openLogFile(path: string): Promise<LogFile> {
  const handle = await openCreating(path)
  try {
    return await logFile(path, handle)
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function openCreating(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'a+', FILE_MODE)
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error
    await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE })
    return await open(path, 'a+', FILE_MODE)
  }
}

async function logFile(path: string, handle: FileHandle): Promise<LogFile> {
  // Inode numbers pass 2^53 on some file systems.
  const own = await handle.stat({ bigint: true })
  if (own.isFIFO() || own.isSocket()) {
    const hint = 'Name an ordinary file, or use the `stdout` sink for pipes.'
    throw new AppError('SINK_UNWRITABLE', `Not a file: ${path}`, { hint })
  }
  const regular = own.isFile()
  // Whether it was there before or not: it may be new, and the power may fail as soon as Wazuh's alert counts as done.
  let isNamed = false
  return {
    regular,
    isCurrent: async () => {
      const named = await stat(path, { bigint: true }).catch(() => undefined)
      return named !== undefined && named.ino === own.ino && named.dev === own.dev
    },
    size: async () => (regular ? (await handle.stat()).size : 0),
    isTorn: async (size) => size > 0 && !(await endsInLine(handle, size)),
    write: async (data, offset) => (await handle.write(data, offset)).bytesWritten,
    truncate: (bytes) => handle.truncate(bytes),
    sync: async () => {
      await handle.datasync()
      if (!isNamed) await syncName(path)
      isNamed = true
    },
    close: () => handle.close(),
  }
}

async function endsInLine(handle: FileHandle, size: number): Promise<boolean> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
  return bytesRead === 0 || buffer[0] === LINE_END
}
