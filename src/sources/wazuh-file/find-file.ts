import type { AppError } from '../../core/errors.ts'
import { newestFirst, type DatedFile } from './dated-files.ts'
import { headMatches, readGzipHead } from './fingerprint.ts'
import { isNamedAs, isSameFile, tells } from './known.ts'
import { layoutOf } from './layout.ts'
import {
  lookAt,
  openPath,
  unreadable,
  type FileAccess,
  type Identity,
  type Looked,
  type OpenHandle,
  type Opened,
} from './open-path.ts'
import { sameFile } from './record.ts'
import { isSibling, listSiblings } from './siblings.ts'
import type { Position } from './schema.ts'

/** Where files are looked for. */
export interface Place {
  /** As configured. */
  readonly file: string
  readonly access: FileAccess
}

/** A file to be read, and from where. */
export interface Found {
  readonly opened: OpenHandle
  readonly offset: number
  readonly gzip: boolean
  readonly dated: string | null
  /** No more is written to it: an end without newline is all there will be. */
  readonly final: boolean
}

/**
 * What is written to now: what the path shows or, while somebody has taken the link away, the newest dated file, to which
 * Wazuh goes on writing (seen with 4.14.7: it makes a new link at the next rotation or start only).
 */
export async function openLive({ file, access }: Place): Promise<Opened & { readonly instead?: string }> {
  const shown = await openPath(access, file)
  if (shown.kind !== 'missing') return shown
  const newest = await newestPlain(file)
  if (newest === undefined) return shown
  return { ...(await openPath(access, newest.path)), instead: newest.key }
}

export type LiveLook = Looked & {
  /** Set when the path shows nothing: the dated name of the file that stands for it. */
  readonly instead?: string
}

/** As `openLive`, without opening. */
export async function lookAtLive({ file, access }: Place): Promise<LiveLook> {
  const shown = await lookAt(access, file)
  if (shown.kind !== 'missing') return shown
  const newest = await newestPlain(file)
  if (newest === undefined) return shown
  return { ...(await lookAt(access, newest.path)), instead: newest.key }
}

/** None when the newest file is packed: Wazuh packs only what it writes to no more. */
export async function newestPlain(file: string): Promise<DatedFile | undefined> {
  const layout = await layoutOf(file)
  const [newest] = layout === undefined ? [] : await newestFirst(layout, 1)
  return newest?.gzip === false ? newest : undefined
}

/** True when what the path shows is the file of a checkpoint. */
export async function isStillLive(place: Place, opened: OpenHandle, position: Position): Promise<boolean> {
  if (!(await isSameFile(opened, position))) return false
  return isNamedAs(position, position.dated === null ? null : await datedKeyOf(place, opened))
}

/** The dated name of a file that is there now, as an order key; null when it has none, or none can be seen. */
export async function datedKeyOf({ file, access }: Place, identity: Identity): Promise<string | null> {
  const layout = await layoutOf(file)
  const newest = layout === undefined ? [] : await newestFirst(layout).catch(() => [])
  for (const { path, key, gzip } of newest) {
    const looked = gzip ? undefined : await lookAt(access, path)
    if (looked?.kind === 'there' && sameFile(looked.identity, identity)) return key
  }
  return null
}

/**
 * Looks for the file of a checkpoint among the dated files, plain or packed since, and outside Wazuh's folders beside
 * the path. The caller closes it.
 */
export async function findAgain(place: Place, position: Position): Promise<Found | undefined> {
  const { file, access } = place
  const layout = await layoutOf(file)
  const newest = layout === undefined ? [] : await newestFirst(layout)
  const named = newest.filter(({ key }) => key === position.dated)
  const others = newest.filter(({ key }) => key !== position.dated)
  // The plain files first: a packed one beside its plain one may be half written.
  const inOrder = [...named, ...others].toSorted((a, b) => Number(a.gzip) - Number(b.gzip))
  const search: Search = { access, trouble: undefined }
  for (const candidate of inOrder) {
    const { path, gzip, key } = candidate
    const opened = await openIf(search, path, (it) => isCheckpointFile(candidate, it, position))
    if (opened === undefined) continue
    return { opened, offset: position.offset, gzip, dated: key, final: gzip || key !== newest[0]?.key }
  }
  // logrotate and its like rename, pack or copy the file; its inode and beginning tell.
  for (const { path, gzip } of await listSiblings(file)) {
    const opened = await openIf(search, path, (it) => isSibling(it, position, gzip))
    if (opened !== undefined)
      return { opened, offset: position.offset, gzip, dated: position.dated, final: true }
  }
  // It may be the one that cannot be read: not to be taken for gone.
  if (search.trouble !== undefined) throw search.trouble
  return undefined
}

interface Search {
  readonly access: FileAccess
  trouble: AppError | undefined
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

async function openIf(
  search: Search,
  path: string,
  wanted: (opened: OpenHandle) => Promise<boolean>,
): Promise<OpenHandle | undefined> {
  const result = await openPath(search.access, path)
  if (result.kind === 'unreadable') search.trouble ??= result.error
  if (result.kind !== 'open') return undefined
  let keep = false
  try {
    keep = await wanted(result.file)
  } catch (error) {
    search.trouble ??= unreadable(error)
  } finally {
    if (!keep) await result.file.handle.close()
  }
  return keep ? result.file : undefined
}
