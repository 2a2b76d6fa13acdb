import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import type { Alert } from '../../core/alert.ts'
import { systemErrorCode } from '../../core/errors.ts'
import type { LineSkip } from '../../telemetry/events/source.ts'
import type { Decode, Decoded } from '../decode.ts'
import { createLineSplitter } from '../lines.ts'

/** Why a file gave not one alert. */
export const POISONS = ['empty', 'not_json', 'not_object', 'too_large', 'not_file'] as const
export type Poison = (typeof POISONS)[number]

export type AlertFile =
  | {
      readonly kind: 'alerts'
      readonly alerts: readonly Alert[]
      readonly bytes: number
      /** Lines beside them that gave none. */
      readonly skipped: readonly LineSkip[]
    }
  | { readonly kind: 'poison'; readonly reason: Poison }
  | { readonly kind: 'gone' }
  /** No permission. It may be a good alert, and the permission may be given. */
  | { readonly kind: 'denied'; readonly cause: unknown }

export interface AlertFileOptions {
  readonly decode: Decode
  readonly maxBytes: number
}

/** What trying again does not help with. A link is not followed: whoever may write to the folder may not read everything. */
const POISON_BY_ERROR: Readonly<Record<string, Poison>> = {
  ELOOP: 'not_file',
  ENXIO: 'not_file',
  EISDIR: 'not_file',
}

/** The user lacks the right to open a file. */
export function isDenied(error: unknown): boolean {
  const code = systemErrorCode(error)
  return code === 'EACCES' || code === 'EPERM'
}

/** Reads a file of one alert a line. Rejects with a system error that may pass (too many open files, a broken disk). */
export async function readAlertFile(path: string, options: AlertFileOptions): Promise<AlertFile> {
  let handle: FileHandle
  try {
    // O_NONBLOCK: a pipe without a writer would hold the reader for ever.
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const code = systemErrorCode(error) ?? ''
    if (code === 'ENOENT') return { kind: 'gone' }
    if (isDenied(error)) return { kind: 'denied', cause: error }
    const reason = POISON_BY_ERROR[code]
    if (reason === undefined) throw error
    return { kind: 'poison', reason }
  }
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) return { kind: 'poison', reason: 'not_file' }
    if (stat.size > options.maxBytes) return { kind: 'poison', reason: 'too_large' }
    return decodeAll(await readBytes(handle, stat.size), path, options)
  } finally {
    await handle.close()
  }
}

async function readBytes(handle: FileHandle, size: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(size)
  let filled = 0
  while (filled < size) {
    const { bytesRead } = await handle.read(buffer, filled, size - filled, filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

function decodeAll(bytes: Buffer, path: string, { decode, maxBytes }: AlertFileOptions): AlertFile {
  const alerts: Alert[] = []
  const skipped: LineSkip[] = []
  const take = (decoded: Decoded): void => {
    if (decoded.kind === 'alert') alerts.push(decoded.alert)
    else if (decoded.kind === 'skipped') skipped.push(decoded.reason)
    else {
      alerts.push(...decoded.alerts)
      for (let i = 0; i < decoded.fragments; i += 1) skipped.push('fragment')
    }
  }
  const splitter = createLineSplitter({
    offset: 0,
    maxLineBytes: maxBytes,
    onLine: (line, offset) => take(decode(line, path, offset)),
    onTooLong: () => skipped.push('too_long'),
  })
  splitter.push(bytes)
  const rest = splitter.rest()
  if (rest !== undefined) take(decode(rest.line, path, rest.offset))
  const faulty = skipped.filter((reason) => reason !== 'blank')
  if (alerts.length > 0) return { kind: 'alerts', alerts, bytes: bytes.length, skipped: faulty }
  if (faulty.length === 0) return { kind: 'poison', reason: 'empty' }
  return {
    kind: 'poison',
    reason: faulty.every((reason) => reason === 'not_object') ? 'not_object' : 'not_json',
  }
}
