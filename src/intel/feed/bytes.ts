import { constants, type BigIntStats } from 'node:fs'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { AppError, errorText, systemErrorCode } from '../../core/errors.ts'

/** What is parsed in one go: about 20 ms of work with a plain list, in which the event loop waits. */
const READ_BYTES = 256 * 1024
/** How much of the beginning the format is judged by. */
const HEAD_BYTES = 64 * 1024

/** Tells one state of a file from the next: device, inode, modification time in ns, size. */
export type FileIdentity = string

/** An open feed file, uncompressed. `chunks` can be read once; it throws AppErrors only. */
export interface FeedBytes {
  /** The first bytes, also the first of `chunks`: up to 64 KiB. */
  readonly head: Buffer
  readonly chunks: AsyncIterable<Buffer>
  /** Throws FEED_UNREADABLE when the file is no longer what was opened: what was read may be two halves. */
  verify(): Promise<void>
  close(): Promise<void>
}

export function identityOf(stats: BigIntStats): FileIdentity {
  return `${stats.dev}:${stats.ino}:${stats.mtimeNs}:${stats.size}`
}

/**
 * Opens a feed file; gzip is known by its first bytes (RFC 1952), whatever the name. More than `maxBytes`, packed or
 * unpacked, is refused. Throws FEED_UNREADABLE (the system said no: worth another try) or FEED_MALFORMED.
 */
export async function openFeed(path: string, maxBytes: number): Promise<FeedBytes> {
  const handle = await openRegular(path)
  try {
    const stats = await handle.stat({ bigint: true })
    if (!stats.isFile()) throw new AppError('FEED_MALFORMED', 'The feed is not a regular file')
    if (stats.size > BigInt(maxBytes)) throw tooLarge()
    const source = bounded(await unpacked(handle), maxBytes)
    const first = await readHead(source)
    return {
      head: first.subarray(0, HEAD_BYTES),
      chunks: startingWith(first, source),
      verify: () => assertUnchanged(path, handle, identityOf(stats)),
      close: async () => {
        await source.return(undefined)
        await handle.close()
      },
    }
  } catch (error) {
    await handle.close()
    throw feedError(error)
  }
}

/** Any thrown value as the AppError to report a feed's failure with. */
export function feedError(error: unknown): AppError {
  if (error instanceof AppError) return error
  const code = systemErrorCode(error)
  if (code === undefined) return new AppError('INTERNAL', 'The feed could not be read', { cause: error })
  if (code.startsWith('Z_'))
    return new AppError('FEED_MALFORMED', `The gzip data is damaged: ${errorText(error)}`, { cause: error })
  const hint = 'Let the user that Tripline runs as read it and enter the folders above it.'
  return new AppError('FEED_UNREADABLE', `The feed cannot be read: ${code}`, {
    cause: error,
    ...(code === 'EACCES' ? { hint } : {}),
  })
}

/** Without O_NONBLOCK a FIFO put into a feed folder would hold a thread for ever. */
async function openRegular(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    throw feedError(error)
  }
}

async function unpacked(handle: FileHandle): Promise<AsyncIterable<Buffer>> {
  const magic = Buffer.alloc(2)
  await handle.read(magic, 0, 2, 0)
  const raw = handle.createReadStream({ start: 0, highWaterMark: READ_BYTES, autoClose: false })
  if (magic[0] !== 0x1f || magic[1] !== 0x8b) return raw
  const gunzip = createGunzip({ chunkSize: READ_BYTES })
  // A fault of either stream destroys `gunzip`, so its reader gets it: nothing is left for the callback.
  pipeline(raw, gunzip, () => undefined)
  return gunzip
}

async function* bounded(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (bytes > maxBytes) throw tooLarge()
      yield chunk
    }
  } catch (error) {
    throw feedError(error)
  }
}

async function readHead(source: AsyncGenerator<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  while (bytes < HEAD_BYTES) {
    const next = await source.next()
    if (next.done === true) break
    parts.push(next.value)
    bytes += next.value.length
  }
  return Buffer.concat(parts)
}

async function* startingWith(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield first
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}

async function assertUnchanged(path: string, handle: FileHandle, identity: FileIdentity): Promise<void> {
  let now: readonly BigIntStats[]
  try {
    now = await Promise.all([handle.stat({ bigint: true }), stat(path, { bigint: true })])
  } catch (error) {
    throw feedError(error)
  }
  if (now.every((stats) => identityOf(stats) === identity)) return
  throw new AppError('FEED_UNREADABLE', 'The feed changed while it was being read', {
    hint: 'It is read again at the next check. Write feeds beside their place and rename them into it.',
  })
}

function tooLarge(): AppError {
  return new AppError('FEED_MALFORMED', 'The feed is larger than allowed', {
    hint: 'Raise maxFileBytes of this provider if the size is right.',
  })
}
