import { constants, type BigIntStats } from 'node:fs'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { AppError, systemErrorCode } from '../../core/errors.ts'

/** What is used of the file system: tests put one with faults in between. Throws what the file system throws. */
export interface FileAccess {
  open(path: string): Promise<FileHandle>
  stat(path: string): Promise<BigIntStats>
}

/** Without O_NONBLOCK a named pipe at the path would hold a thread for ever. */
export const fileAccess: FileAccess = {
  open: (path) => open(path, constants.O_RDONLY | constants.O_NONBLOCK),
  stat: (path) => stat(path, { bigint: true }),
}

/** The number of a file on its file system, decimal. Unique only while the file exists. */
export interface Identity {
  readonly dev: string
  readonly ino: string
}

export interface OpenHandle extends Identity {
  readonly handle: FileHandle
  /** Bytes, when it was opened. */
  readonly size: number
}

type Failed =
  | { readonly kind: 'missing' }
  /** A folder, a pipe, a socket. */
  | { readonly kind: 'no file'; readonly error: AppError }
  | { readonly kind: 'unreadable'; readonly error: AppError }
export type Opened = { readonly kind: 'open'; readonly file: OpenHandle } | Failed
export type Looked = { readonly kind: 'there'; readonly identity: Identity; readonly size: number } | Failed

/** Opens for reading. Never throws. */
export async function openPath(access: FileAccess, path: string): Promise<Opened> {
  let handle: FileHandle | undefined
  try {
    handle = await access.open(path)
    const stats = await handle.stat({ bigint: true })
    if (stats.isFile()) {
      const file = { handle, dev: String(stats.dev), ino: String(stats.ino), size: Number(stats.size) }
      return { kind: 'open', file }
    }
  } catch (error) {
    await handle?.close().catch(() => undefined)
    return failed(error)
  }
  await handle.close()
  const hint = 'Name the alert file itself, such as /var/ossec/logs/alerts/alerts.json.'
  return { kind: 'no file', error: new AppError('SOURCE_UNREADABLE', 'The path is not a file', { hint }) }
}

/** What the path shows now. Never throws. */
export async function lookAt(access: FileAccess, path: string): Promise<Looked> {
  try {
    const { dev, ino, size } = await access.stat(path)
    return { kind: 'there', identity: { dev: String(dev), ino: String(ino) }, size: Number(size) }
  } catch (error) {
    return failed(error)
  }
}

function failed(error: unknown): Failed {
  const code = systemErrorCode(error)
  if (code === 'ENOENT') return { kind: 'missing' }
  return { kind: 'unreadable', error: unreadable(error) }
}

/** The one shape of «there, but not to be read», for opening and reading alike. */
export function unreadable(cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  const code = systemErrorCode(cause)
  // Wazuh 4.x creates its files 0640 and folders 0750, owner wazuh:wazuh.
  if (code === 'EACCES' || code === 'EPERM') {
    const hint = 'Add the user that runs Tripline to group wazuh, then start Tripline again.'
    return new AppError('SOURCE_UNREADABLE', 'No permission to read the file', { cause, hint })
  }
  const hint = 'Reading is tried again and again; see the error for the cause.'
  return new AppError('SOURCE_UNREADABLE', 'The file cannot be read', { cause, hint })
}
