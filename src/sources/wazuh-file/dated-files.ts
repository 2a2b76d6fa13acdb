import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
/** Name of the link → stem of the dated files it is linked to (Wazuh 4.x). */
const STEMS: Readonly<Record<string, string>> = {
  'alerts.json': 'ossec-alerts',
  'archives.json': 'ossec-archive',
}
const DATED = /^(ossec-[a-z]+)-(\d{2})(?:-(\d{3,9}))?\.json(\.gz)?$/

/** One file of Wazuh's `YYYY/Mon/ossec-alerts-DD[-NNN].json[.gz]`. */
export interface DatedFile {
  readonly path: string
  /** Sorts as the files follow each other: `2026-11-21.000000002`. */
  readonly key: string
  readonly gzip: boolean
}

/**
 * The dated files beside an alert file with a key not below `from`, oldest first; empty outside Wazuh's layout. Of a file
 * that is there plain and packed (it is being packed now) the plain one is given.
 */
export async function listDatedFiles(path: string, from = ''): Promise<readonly DatedFile[]> {
  const stem = STEMS[basename(path)]
  if (stem === undefined) return []
  const root = dirname(path)
  const found = new Map<string, DatedFile>()
  for (const year of await namesIn(root)) {
    if (!/^\d{4}$/.test(year) || year < from.slice(0, 4)) continue
    for (const month of await namesIn(join(root, year))) {
      const prefix = `${year}-${String(MONTHS.indexOf(month) + 1).padStart(2, '0')}`
      if (!MONTHS.includes(month) || prefix < from.slice(0, 7)) continue
      const folder = join(root, year, month)
      for (const name of await namesIn(folder)) addDated(found, { stem, prefix, folder, name })
    }
  }
  return [...found.values()].filter(({ key }) => key >= from).toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

interface Candidate {
  readonly stem: string
  readonly prefix: string
  readonly folder: string
  readonly name: string
}

function addDated(found: Map<string, DatedFile>, { stem, prefix, folder, name }: Candidate): void {
  const parts = DATED.exec(name)
  if (parts?.[1] !== stem) return
  const key = `${prefix}-${parts[2]}.${(parts[3] ?? '').padStart(9, '0')}`
  const gzip = parts[4] !== undefined
  if (gzip && found.has(key)) return
  found.set(key, { path: join(folder, name), key, gzip })
}

/** Empty when the folder is missing or may not be read: then there is nothing to find in it. */
async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch {
    return []
  }
}
