import type { AppError } from '../../core/errors.ts'
import { oldestFirst, type DatedFile } from './dated-files.ts'
import { FINGERPRINT_BYTES, headMatches, readGzipHead, readHead, saysSize } from './fingerprint.ts'
import type { Found, Place } from './find-file.ts'
import { finishedBefore, tells } from './known.ts'
import { layoutOf } from './layout.ts'
import { lookAt, openPath, unreadable, type Identity, type OpenHandle } from './open-path.ts'
import { sameFile } from './record.ts'
import type { Left } from './schema.ts'

/** Where a file stands of which a bad end was given up: it holds nothing more. */
export const GIVEN_UP = Number.MAX_SAFE_INTEGER

/** Paths of packed files that are known by heart. */
const MAX_PACKED = 1000

export interface Unread {
  readonly place: Place
  /** Key of the dated file read last. */
  readonly from: string
  readonly finished: readonly Left[]
  /** Files up to this key may have been read though they are not in `finished`. */
  readonly forgotten: string
  /** What is written to now: read last, and by its own name. */
  readonly live: Identity | undefined
}

/**
 * The dated files that may hold bytes not read yet, oldest first: those from `from` on, those that were read already, and
 * those after one that was. Wazuh may go back to an older file, after a change of its zone or when the newest was deleted
 * (4.14.7), rotate there, and be away again before anybody looks.
 */
export async function listCandidates(search: Unread): Promise<readonly DatedFile[]> {
  const { place, from, finished, forgotten } = search
  const layout = await layoutOf(place.file)
  if (layout === undefined) return []
  const read = new Set(finished.map(({ dated }) => dated))
  const oldest = finished.reduce(
    (least, { dated }) => (dated !== null && dated < least ? dated : least),
    from,
  )
  const known = oldest > forgotten ? oldest : forgotten
  return oldestFirst(layout, oldest, ({ key }) => key >= from || key > known || read.has(key))
}

export type Judged =
  | { readonly kind: 'unread'; readonly found: Omit<Found, 'final'> }
  | { readonly kind: 'read' }
  /** Listed, and not there any more: packed or deleted just now. */
  | { readonly kind: 'vanished' }
  | { readonly kind: 'unreadable'; readonly error: AppError }

/** Opens a dated file and says whether it holds bytes not read yet; only then it stays open. */
export async function judge(candidate: DatedFile, search: Unread): Promise<Judged> {
  const result = await openPath(search.place.access, candidate.path)
  if (result.kind === 'missing') return { kind: 'vanished' }
  if (result.kind === 'no file') return { kind: 'read' }
  if (result.kind === 'unreadable') return result
  const { file: opened } = result
  let offset: number | undefined
  try {
    offset = await (candidate.gzip ? unreadPacked : unreadPlain)(candidate, opened, search)
  } catch (error) {
    return { kind: 'unreadable', error: unreadable(error) }
  } finally {
    if (offset === undefined) await opened.handle.close()
  }
  if (offset === undefined) return { kind: 'read' }
  const dated = candidate.key === '' ? null : candidate.key
  return { kind: 'unread', found: { opened, offset, gzip: candidate.gzip, dated } }
}

async function unreadPlain(
  { key }: DatedFile,
  opened: OpenHandle,
  { live, finished }: Unread,
): Promise<number | undefined> {
  if (opened.size === 0 || (live !== undefined && sameFile(opened, live))) return undefined
  const known = (await finishedBefore(opened, finished, { key })) ?? (await copiedFrom(key, opened, finished))
  // One that was begun anew under the name of one read before is another file.
  return known === undefined ? 0 : opened.size > known.end ? known.offset : undefined
}

/** The file whose content stands in another one under the same name: unpacked by hand, or put back from a backup. */
async function copiedFrom(
  key: string,
  opened: OpenHandle,
  finished: readonly Left[],
): Promise<Left | undefined> {
  const named = finished.filter((left) => left.dated === key && tells(left, key))
  if (named.length === 0) return undefined
  const head = await readHead(opened.handle, FINGERPRINT_BYTES)
  return named.findLast((left) => headMatches(head, left.fingerprint))
}

async function unreadPacked(
  { key, path, twin }: DatedFile,
  opened: OpenHandle,
  { place, finished }: Unread,
): Promise<number | undefined> {
  if (opened.size === 0) return undefined
  const head = await readGzipHead(opened.handle, FINGERPRINT_BYTES)
  if (twin && (await isPackedNow(head, path, place))) return undefined
  // Nothing comes to a packed file: one that was read begins as it did, and what was empty then is empty.
  const wasRead = (left: Left): boolean =>
    left.ino === opened.ino && (left.dated ?? '') === key && left.fingerprint.bytes === head.length
  if (finished.some((left) => wasRead(left) && headMatches(head, left.fingerprint))) return undefined
  const alike = finished.filter((left) => tells(left, key) && headMatches(head, left.fingerprint))
  const known = alike.findLast((left) => left.dated === key) ?? alike.at(-1)
  if (known === undefined) return 0
  return known.end === GIVEN_UP || (await saysSize(opened.handle, known.end)) ? undefined : known.offset
}

/** The plain file is removed only when the packed one is whole (monitord 4.14.7): till then the plain one is read. */
async function isPackedNow(head: Buffer, path: string, { access }: Place): Promise<boolean> {
  const plain = await openPath(access, path.slice(0, -'.gz'.length))
  if (plain.kind !== 'open') return plain.kind !== 'missing'
  try {
    return (await readHead(plain.file.handle, head.length)).equals(head)
  } finally {
    await plain.file.handle.close()
  }
}

/**
 * Whether a file that was read to its end holds more now, or a newer one than `from` holds anything: Wazuh was there for a
 * while. `packed`: paths of packed files looked at before, to which nothing comes any more.
 */
export async function hasGrown(search: Unread, packed: Set<string>): Promise<boolean> {
  if (packed.size > MAX_PACKED) packed.clear()
  for (const candidate of await listCandidates(search)) {
    if (packed.has(candidate.path) || !(await mayHold(candidate, search))) continue
    const judged = await judge(candidate, search)
    if (judged.kind === 'read' && candidate.gzip && !candidate.twin) packed.add(candidate.path)
    if (judged.kind !== 'unread') continue
    await judged.found.opened.handle.close()
    return true
  }
  return false
}

/** Without opening it, which for most files is enough. */
async function mayHold(
  { path, key, gzip, twin }: DatedFile,
  { place, finished, live }: Unread,
): Promise<boolean> {
  if (gzip) return true
  const looked = await lookAt(place.access, path)
  if (looked.kind !== 'there' || looked.size === 0) return false
  if (live !== undefined && sameFile(looked.identity, live)) return false
  const known = finished.findLast((left) => left.ino === looked.identity.ino && left.dated === key)
  // Beside a packed file it may be another one, of the same size and inode number.
  return known === undefined || looked.size !== known.end || twin
}
