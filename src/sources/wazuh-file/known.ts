import { FINGERPRINT_BYTES, headMatches, readGzipHead, readHead } from './fingerprint.ts'
import type { OpenHandle } from './open-path.ts'
import { sameFile } from './record.ts'
import type { Left, Position } from './schema.ts'

/**
 * First bytes that hold the whole timestamp. With fewer (the file was empty when the checkpoint was written) a file
 * that got the inode number later would be taken for the old one, so its name must be the old one too.
 */
const TELLING_BYTES = 64

/**
 * True when an open file is the one of a checkpoint. Device numbers change with a reboot or when a network file system
 * is mounted again, inode numbers are used again: the inode and the first (unpacked) bytes decide.
 */
export async function isSameFile(opened: OpenHandle, position: Position, gzip = false): Promise<boolean> {
  const { fingerprint, ino, dev } = position
  if (opened.ino !== ino || (opened.dev !== dev && fingerprint.bytes === 0)) return false
  const head = await (gzip ? readGzipHead : readHead)(opened.handle, fingerprint.bytes)
  return headMatches(head, fingerprint)
}

/** Whether a position may be that of a file with this dated name; null is no such name. */
export function isNamedAs({ fingerprint, dated }: Position, key: string | null): boolean {
  return fingerprint.bytes >= TELLING_BYTES || dated === null || dated === key
}

/** A short fingerprint fits many packed files: it only counts together with the name. */
export function tells({ fingerprint, dated }: Position, key: string): boolean {
  return fingerprint.bytes === FINGERPRINT_BYTES || (fingerprint.bytes > 0 && dated === key)
}

/** Whether the position is that of a file which was read to its end, so that nothing of it is missing. */
export function wasFinished(position: Position, finished: readonly Left[]): boolean {
  return finished.some(
    (left) =>
      sameFile(left, position) &&
      left.offset === position.offset &&
      left.fingerprint.sha256 === position.fingerprint.sha256,
  )
}

/** What is known of a file that was read to its end before: Wazuh may go back to an older file (seen with 4.14.7). */
export async function finishedBefore(
  opened: OpenHandle,
  finished: readonly Left[],
  { gzip = false, key = null }: { readonly gzip?: boolean; readonly key?: string | null } = {},
): Promise<Left | undefined> {
  // The newest entry first: numbers are used again.
  for (const left of finished.toReversed()) {
    if (left.ino !== opened.ino || (!gzip && !isNamedAs(left, key))) continue
    if (await isSameFile(opened, left, gzip)) return left
  }
  return undefined
}
