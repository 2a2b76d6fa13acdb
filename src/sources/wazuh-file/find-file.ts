import { listDatedFiles, type DatedFile } from './dated-files.ts'
import { FINGERPRINT_BYTES, headMatches, readGzipHead, readHead } from './fingerprint.ts'
import { lookAt, openPath, type Identity, type OpenHandle } from './open-path.ts'
import { sameFile } from './record.ts'
import type { Left, Position } from './schema.ts'

/** Newest first, so that the file is nearly always among the first two; bounds what an unusual folder costs. */
const MAX_LOOKS = 1000

/**
 * First bytes that hold the whole timestamp. With fewer (the file was empty when the checkpoint was written) a file
 * that got the inode number later would be taken for the old one, so its name must be the old one too.
 */
const TELLING_BYTES = 64

/** A file to be read to its end before the live one. */
export interface Found {
  readonly opened: OpenHandle
  readonly offset: number
  readonly gzip: boolean
  readonly dated: string
}

/**
 * True when an open file is the one of a checkpoint. Device numbers change with a reboot, inode numbers are used
 * again: the inode and the first (unpacked) bytes decide.
 */
export async function isSameFile(opened: OpenHandle, position: Position, gzip = false): Promise<boolean> {
  const { fingerprint, ino, dev } = position
  if (opened.ino !== ino || (opened.dev !== dev && fingerprint.bytes === 0)) return false
  const head = await (gzip ? readGzipHead : readHead)(opened.handle, fingerprint.bytes)
  return headMatches(head, fingerprint)
}

/** True when what the path shows is the file of a checkpoint. */
export async function isStillLive(path: string, opened: OpenHandle, position: Position): Promise<boolean> {
  if (!(await isSameFile(opened, position))) return false
  return isNamedAs(position, position.dated === null ? null : await datedKeyOf(path, opened))
}

function isNamedAs({ fingerprint, dated }: Position, key: string | null): boolean {
  return fingerprint.bytes >= TELLING_BYTES || dated === null || dated === key
}

/** The dated name of a file that is open now, as an order key; null when it has none. */
export async function datedKeyOf(path: string, identity: Identity): Promise<string | null> {
  for (const { path: candidate, key, gzip } of (await listDatedFiles(path))
    .toReversed()
    .slice(0, MAX_LOOKS)) {
    const looked = gzip ? undefined : await lookAt(candidate)
    if (looked?.kind === 'there' && sameFile(looked.identity, identity)) return key
  }
  return null
}

/** Looks for the file of a checkpoint among the dated files, plain or packed since. The caller closes it. */
export async function findAgain(path: string, position: Position): Promise<Found | undefined> {
  const newestFirst = (await listDatedFiles(path)).toReversed()
  const named = newestFirst.filter(({ key }) => key === position.dated)
  const others = newestFirst.filter(({ key }) => key !== position.dated)
  for (const candidate of [...named, ...others].slice(0, MAX_LOOKS)) {
    const opened = await openIf(candidate, (handle) => isCheckpointFile(candidate, handle, position))
    if (opened !== undefined) {
      return { opened, offset: position.offset, gzip: candidate.gzip, dated: candidate.key }
    }
  }
  return undefined
}

async function isCheckpointFile(
  candidate: DatedFile,
  opened: OpenHandle,
  position: Position,
): Promise<boolean> {
  if (!candidate.gzip) return isNamedAs(position, candidate.key) && isSameFile(opened, position)
  if (!tells(position, candidate.key)) return false
  const { fingerprint } = position
  return headMatches(await readGzipHead(opened.handle, fingerprint.bytes), fingerprint)
}

/** A short fingerprint fits many files: it only counts together with the name. */
function tells({ fingerprint, dated }: Position, key: string): boolean {
  return fingerprint.bytes === FINGERPRINT_BYTES || (fingerprint.bytes > 0 && dated === key)
}

async function openIf(
  { path }: DatedFile,
  wanted: (opened: OpenHandle) => Promise<boolean>,
): Promise<OpenHandle | undefined> {
  const result = await openPath(path)
  if (result.kind !== 'open') return undefined
  const keep = await wanted(result.file)
  if (!keep) await result.file.handle.close()
  return keep ? result.file : undefined
}

export interface Unread {
  /** As configured. */
  readonly path: string
  /** Key of the dated file read last; older ones are never looked at. */
  readonly from: string
  /** What the path shows now: read last, and by its own name. */
  readonly live: Identity | undefined
  readonly finished: readonly Left[]
}

/**
 * The oldest dated file, from the one read last on, that holds bytes not read yet: Wazuh rotates every ten minutes if so
 * configured, so several can pass while Tripline is stopped or waits. The caller closes it.
 */
export async function nextUnread(search: Unread): Promise<Found | undefined> {
  for (const candidate of await listDatedFiles(search.path, search.from)) {
    let offset: number | undefined
    const opened = await openIf(candidate, async (handle) => {
      offset = await unreadFrom(candidate, handle, search)
      return offset !== undefined
    })
    if (opened !== undefined && offset !== undefined) {
      return { opened, offset, gzip: candidate.gzip, dated: candidate.key }
    }
  }
  return undefined
}

async function unreadFrom(
  { key, gzip }: DatedFile,
  opened: OpenHandle,
  { live, finished }: Unread,
): Promise<number | undefined> {
  if (gzip) {
    const head = await readGzipHead(opened.handle, FINGERPRINT_BYTES)
    const known = finished.some((left) => tells(left, key) && headMatches(head, left.fingerprint))
    return known || head.length === 0 ? undefined : 0
  }
  if (opened.size === 0 || (live !== undefined && sameFile(opened, live))) return undefined
  const known = await finishedBefore(opened, finished)
  if (known === undefined) return 0
  return opened.size > known.end ? known.offset : undefined
}

/** What is known of a file that was read to its end before: Wazuh may go back to an older file (seen with 4.14.7). */
export async function finishedBefore(
  opened: OpenHandle,
  finished: readonly Left[],
  gzip = false,
): Promise<Left | undefined> {
  const known = finished.find((left) => left.ino === opened.ino)
  return known !== undefined && (await isSameFile(opened, known, gzip)) ? known : undefined
}
