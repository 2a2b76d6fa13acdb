import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Nobody keeps more backups of one file in its folder. */
const MAX_SIBLINGS = 1000

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
