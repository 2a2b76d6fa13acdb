import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { lookAt, type FileAccess, type Identity } from './open-path.ts'
import { sameFile } from './record.ts'

/** Nobody keeps more backups of one file in its folder. */
const MAX_SIBLINGS = 1000
/** `alerts.json.3`: the higher, the older. */
const NUMBERED = /^\.(\d{1,4})$/
/** `alerts.json-20261122`, `alerts.json-20261122-1763798400` (`dateext` of logrotate): the higher, the newer. */
const TIMED = /^[.-]\d[\d._-]{5,30}$/

/** Plain files beside a path that a renaming rotation may have made of it: `alerts.json.1`, `alerts.json-20261122` … */
export async function listSiblings(path: string): Promise<readonly string[]> {
  const name = basename(path)
  const names = await readdir(dirname(path)).catch(() => [])
  return names
    .filter((other) => other.startsWith(name) && /^[.-]/.test(other.slice(name.length)))
    .filter((other) => !other.endsWith('.gz'))
    .slice(0, MAX_SIBLINGS)
    .map((other) => join(dirname(path), other))
}

/**
 * The siblings that were the live file after the given one, oldest first: those rotated away between two looks. None when
 * the given one is not among them, as then nobody knows which are older than it.
 */
export async function siblingsAfter(
  path: string,
  file: Identity,
  access: FileAccess,
): Promise<readonly string[]> {
  const siblings = await listSiblings(path)
  const suffixOf = (sibling: string): string => sibling.slice(path.length)
  const numberOf = (sibling: string): number => Number(NUMBERED.exec(suffixOf(sibling))?.[1] ?? 0)
  const numbered = siblings
    .filter((sibling) => NUMBERED.test(suffixOf(sibling)))
    .toSorted((a, b) => numberOf(b) - numberOf(a))
  const timed = siblings.filter((sibling) => TIMED.test(suffixOf(sibling))).toSorted()
  for (const inOrder of [numbered, timed]) {
    for (const [index, sibling] of inOrder.entries()) {
      const looked = await lookAt(access, sibling)
      if (looked.kind === 'there' && sameFile(looked.identity, file)) return inOrder.slice(index + 1)
    }
  }
  return []
}
