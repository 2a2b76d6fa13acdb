import type { AppError } from '../../core/errors.ts'
import { oldestFirst, type DatedFile } from './dated-files.ts'
import { FINGERPRINT_BYTES, headMatches, readGzipHead, readHead, saysSize } from './fingerprint.ts'
import type { Found, Place } from './find-file.ts'
import { finishedBefore, tells } from './known.ts'
import { layoutOf } from './layout.ts'
import { lookAt, openPath, type Identity, type OpenHandle } from './open-path.ts'
import { sameFile } from './record.ts'
import type { Left } from './schema.ts'

/** Where a file stands of which a bad end was given up: it holds nothing more. */
export const GIVEN_UP = Number.MAX_SAFE_INTEGER

export interface Unread {
  readonly place: Place
  /** Key of the dated file read last: files before it count only when they were read and have grown since. */
  readonly from: string
  readonly finished: readonly Left[]
  /** What is written to now: read last, and by its own name. */
  readonly live: Identity | undefined
}

/**
 * The dated files that may hold bytes not read yet, oldest first: those from `from` on, and those before that were read
 * already. Wazuh may go back to one of these, after a change of its zone or when the newest was deleted (4.14.7), and be
 * away from it again before anybody looks.
 */
export async function listCandidates({ place, from, finished }: Unread): Promise<readonly DatedFile[]> {
  const layout = await layoutOf(place.file)
  if (layout === undefined) return []
  const read = new Set(finished.map(({ dated }) => dated))
  const oldest = finished.reduce(
    (least, { dated }) => (dated !== null && dated < least ? dated : least),
    from,
  )
  return oldestFirst(layout, oldest, ({ key }) => key >= from || read.has(key))
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
  { live, finished, from }: Unread,
): Promise<number | undefined> {
  if (opened.size === 0 || (live !== undefined && sameFile(opened, live))) return undefined
  const known = await finishedBefore(opened, finished, { key })
  if (known === undefined) return key >= from ? 0 : undefined
  return opened.size > known.end ? known.offset : undefined
}

async function unreadPacked(
  { key, path, twin }: DatedFile,
  opened: OpenHandle,
  { place, finished, from }: Unread,
): Promise<number | undefined> {
  const head = await readGzipHead(opened.handle, FINGERPRINT_BYTES)
  if (head.length === 0 || (twin && (await isPackedNow(head, path, place)))) return undefined
  // It was read as it is now.
  if ((await finishedBefore(opened, finished, { gzip: true })) !== undefined) return undefined
  const known = finished.findLast((left) => tells(left, key) && headMatches(head, left.fingerprint))
  if (known === undefined) return key >= from ? 0 : undefined
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

/** Whether one of the files that were read to their end holds more now. */
export async function hasGrown(search: Unread): Promise<boolean> {
  const { place, finished } = search
  for (const candidate of await listCandidates(search)) {
    const known = candidate.gzip ? undefined : finished.findLast(({ dated }) => dated === candidate.key)
    if (known === undefined) continue
    const looked = await lookAt(place.access, candidate.path)
    if (looked.kind !== 'there' || looked.identity.ino !== known.ino || looked.size <= known.end) continue
    const judged = await judge(candidate, search)
    if (judged.kind !== 'unread') continue
    await judged.found.opened.handle.close()
    return true
  }
  return false
}
