import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { systemErrorCode } from '../../core/errors.ts'
import type { Layout } from './layout.ts'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
/** What follows the stem: day, part, packed or not. */
const REST = /^-(\d{2})(?:-(\d{1,9}))?\.json(\.gz)?$/
/**
 * Files in one listing; a week of Wazuh's shortest rotation interval of ten minutes. More are listed once these are
 * done. Names of one month are in memory meanwhile.
 */
const MAX_LISTED = 1000

/** One file of Wazuh's `YYYY/Mon/<stem>-DD[-N].json[.gz]`. */
export interface DatedFile {
  readonly path: string
  /** Sorts as the files follow each other: `2026-11-21.000000002`. Empty where a name has no date of Wazuh's. */
  readonly key: string
  readonly gzip: boolean
  /** The other of `x.json` and `x.json.gz` is there, too: it is being packed now, or was begun anew under the same name. */
  readonly twin: boolean
}

interface Month {
  /** `2026-11` */
  readonly prefix: string
  readonly folder: string
}

/**
 * The wanted dated files with a key not below `from`, oldest first, at most `MAX_LISTED`. Throws when a folder may not
 * be read: what is in it must not be passed over.
 */
export async function oldestFirst(
  layout: Layout,
  from = '',
  wanted: (file: DatedFile) => boolean = () => true,
): Promise<readonly DatedFile[]> {
  const listed: DatedFile[] = []
  for (const month of await monthsOf(layout.root, from.slice(0, 7))) {
    const files = await filesIn(month, layout.stems)
    listed.push(...files.filter((file) => file.key >= from && wanted(file)))
    if (listed.length >= MAX_LISTED) break
  }
  return listed.slice(0, MAX_LISTED)
}

/** The dated files, newest first, at most `limit`. Throws as `oldestFirst`. */
export async function newestFirst(layout: Layout, limit = MAX_LISTED): Promise<readonly DatedFile[]> {
  const listed: DatedFile[] = []
  for (const month of (await monthsOf(layout.root, '')).toReversed()) {
    listed.push(...(await filesIn(month, layout.stems)).toReversed())
    if (listed.length >= limit) break
  }
  return listed.slice(0, limit)
}

/** Beginning of the keys of the day that is `days` days with files back, the newest one counted; undefined without files. */
export async function keyOfDaysBack(layout: Layout, days: number): Promise<string | undefined> {
  const found: string[] = []
  for (const month of (await monthsOf(layout.root, '')).toReversed()) {
    const inMonth = new Set((await filesIn(month, layout.stems)).map(({ key }) => dayOf(key)))
    found.push(...[...inMonth].toReversed())
    if (found.length >= days) break
  }
  return found.slice(0, days).at(-1)
}

/** How many parts, as their numbers tell, are missing between two files that should follow each other. */
export function partsMissing(before: string, after: string): number {
  if (after <= before) return 0
  const expected = dayOf(before) === dayOf(after) ? partOf(before) + 1 : 0
  return Math.max(0, partOf(after) - expected)
}

function dayOf(key: string): string {
  return key.slice(0, 10)
}

function partOf(key: string): number {
  return Number(key.slice(11))
}

async function monthsOf(root: string, from: string): Promise<readonly Month[]> {
  const months: Month[] = []
  for (const year of await namesIn(root === '' ? '/' : root)) {
    if (!/^\d{4}$/.test(year) || year < from.slice(0, 4)) continue
    for (const name of await namesIn(join(root, year))) {
      const prefix = `${year}-${String(MONTHS.indexOf(name) + 1).padStart(2, '0')}`
      if (MONTHS.includes(name) && prefix >= from) months.push({ prefix, folder: join(root, year, name) })
    }
  }
  return months.toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1))
}

async function filesIn({ prefix, folder }: Month, stems: readonly string[]): Promise<readonly DatedFile[]> {
  const names = new Set(await namesIn(folder))
  const files: DatedFile[] = []
  for (const name of names) {
    const parts = stems
      .filter((stem) => name.startsWith(stem))
      .map((stem) => REST.exec(name.slice(stem.length)))
      .find((found) => found !== null)
    if (parts === undefined) continue
    const gzip = parts[3] !== undefined
    const twin = names.has(gzip ? name.slice(0, -3) : `${name}.gz`)
    files.push({ path: join(folder, name), key: `${prefix}-${parts[1]}.${partKey(parts[2])}`, gzip, twin })
  }
  // A packed file is the older one of two with the same name.
  return files.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
}

/** Wazuh 5 may count from 0, and have begun the day without a number: `-0` comes after none, before `-1`. */
function partKey(part: string | undefined): string {
  if (part === undefined) return '0'.repeat(9)
  return Number(part) === 0 ? '0'.repeat(10) : part.padStart(9, '0')
}

function orderOf({ key, gzip, path }: DatedFile): string {
  return `${key} ${gzip ? 0 : 1} ${path}`
}

/** Empty when there is no such folder. */
async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}
