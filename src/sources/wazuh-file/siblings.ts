import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isGzipName } from '../gzip.ts'
import type { DatedFile } from './dated-files.ts'
import { FINGERPRINT_BYTES, headMatches, readGzipHead, readHead } from './fingerprint.ts'
import { isSameFile } from './known.ts'
import { lookAt, openPath, type FileAccess, type OpenHandle } from './open-path.ts'
import { sameFile } from './record.ts'
import type { Position } from './schema.ts'

/** Nobody keeps more backups of one file in its folder. */
const MAX_SIBLINGS = 1000
/** `alerts.json.3`: the higher, the older. */
const NUMBERED = /^\.(\d{1,4})$/
/** `alerts.json-20261122`, `alerts.json-20261122-1763798400` (`dateext` of logrotate): the higher, the newer. */
const TIMED = /^[.-]\d[\d._-]{5,30}$/

/**
 * Files beside a path that a renaming rotation may have made of it, plain ones first: `alerts.json.1`,
 * `alerts.json-20261122`, `alerts.json.2.gz` … Their key is empty.
 */
export async function listSiblings(path: string): Promise<readonly DatedFile[]> {
  const name = basename(path)
  const all = await readdir(dirname(path)).catch(() => [])
  const names = new Set(
    all.filter((other) => other.startsWith(name) && /^[.-]/.test(other.slice(name.length))),
  )
  return [...names]
    .toSorted((a, b) => Number(isGzipName(a)) - Number(isGzipName(b)))
    .slice(0, MAX_SIBLINGS)
    .map((other) => {
      const gzip = isGzipName(other)
      const twin = gzip && names.has(withoutGz(other))
      return { path: join(dirname(path), other), key: '', gzip, twin }
    })
}

/**
 * The siblings that were the live file after the one of a checkpoint, oldest first: those rotated away between two looks.
 * Undefined when it is not among them, as then nobody knows which are older than it.
 */
export async function siblingsAfter(
  path: string,
  position: Position,
  access: FileAccess,
): Promise<readonly DatedFile[] | undefined> {
  const series = await seriesOf(path)
  for (const wanted of [hasItsNumber, isPackedFrom]) {
    for (const inOrder of series) {
      for (const [index, sibling] of inOrder.entries()) {
        if (await wanted(sibling, position, access)) return inOrder.slice(index + 1)
      }
    }
  }
  return undefined
}

/** All that were the live file once, oldest first. */
export async function allSiblings(path: string): Promise<readonly DatedFile[]> {
  return (await seriesOf(path)).flat()
}

/** As logrotate names them: by time, and by number. */
async function seriesOf(path: string): Promise<readonly (readonly DatedFile[])[]> {
  const siblings = await listSiblings(path)
  const suffixOf = (sibling: DatedFile): string => withoutGz(sibling.path).slice(path.length)
  const numberOf = (sibling: DatedFile): number => Number(NUMBERED.exec(suffixOf(sibling))?.[1] ?? 0)
  const timed = siblings.filter((sibling) => TIMED.test(suffixOf(sibling)))
  const numbered = siblings.filter((sibling) => NUMBERED.test(suffixOf(sibling)))
  return [
    timed.toSorted((a, b) => (suffixOf(a) < suffixOf(b) ? -1 : 1)),
    numbered.toSorted((a, b) => numberOf(b) - numberOf(a)),
  ]
}

type Wanted = (sibling: DatedFile, position: Position, access: FileAccess) => Promise<boolean>

/** Without opening others: most are not it. */
const hasItsNumber: Wanted = async ({ path, gzip }, position, access) => {
  const looked = await lookAt(access, path)
  if (looked.kind !== 'there' || !sameFile(looked.identity, position)) return false
  return opening(access, path, (opened) => isSameFile(opened, position, gzip))
}

const isPackedFrom: Wanted = async ({ path, gzip }, position, access) =>
  gzip && opening(access, path, (opened) => holdsCopy(opened, position, gzip))

/** Whether a sibling is the file of a checkpoint or, packed or by `copytruncate`, a copy of it. */
export async function isSibling(opened: OpenHandle, position: Position, gzip: boolean): Promise<boolean> {
  return (await isSameFile(opened, position, gzip)) || (await holdsCopy(opened, position, gzip))
}

/** A short fingerprint fits many files. */
async function holdsCopy(opened: OpenHandle, position: Position, gzip: boolean): Promise<boolean> {
  const { fingerprint, offset } = position
  if (fingerprint.bytes < FINGERPRINT_BYTES || (!gzip && opened.size < offset)) return false
  const head = await (gzip ? readGzipHead : readHead)(opened.handle, fingerprint.bytes)
  return headMatches(head, fingerprint)
}

async function opening(
  access: FileAccess,
  path: string,
  look: (opened: OpenHandle) => Promise<boolean>,
): Promise<boolean> {
  const result = await openPath(access, path)
  if (result.kind !== 'open') return false
  try {
    return await look(result.file)
  } finally {
    await result.file.handle.close()
  }
}

function withoutGz(path: string): string {
  return isGzipName(path) ? path.slice(0, -'.gz'.length) : path
}
