import type { FeedEntry } from './config.ts'
import { layoutOfHeader, looksLikeData } from './csv-columns.ts'

/** How a file is to be read. */
export type FeedFormat = Exclude<FeedEntry['format'], 'auto'>

/** As many lines of the beginning are judged. */
const LINES_TO_JUDGE = 200

/** The format of a file by its settings, then its name, then its first 64 KiB as text. */
export function formatOf(path: string, head: string, entry: FeedEntry): FeedFormat {
  if (entry.format !== 'auto') return entry.format
  const name = path.toLowerCase().replace(/\.gz$/, '')
  if (name.endsWith('.csv') || name.endsWith('.tsv')) return 'csv'
  if (name.endsWith('.json') || name.endsWith('.stix') || /^\s*(?:\{|\[\s*[{\]])/.test(head)) {
    return isStix(head) ? 'stix' : 'misp'
  }
  return isCsv(head, entry) ? 'csv' : 'plain'
}

/** The first line that is neither blank nor a remark; '' when there is none in the head. */
export function firstLine(head: string): string {
  return head.split('\n', LINES_TO_JUDGE).find((line) => /^\s*[^#\s]/.test(line)) ?? ''
}

/** Both kinds of JSON are recognised again after parsing when this cannot tell: see `load.ts`. */
function isStix(head: string): boolean {
  return /"type"\s*:\s*"bundle"|"spec_version"\s*:\s*"2\.|"id"\s*:\s*"[a-z-]+--[0-9a-f]{8}-/.test(head)
}

/** Only a header line with names Tripline knows makes a CSV out of a text file; it may be a remark before the rows. */
function isCsv(head: string, entry: FeedEntry): boolean {
  let stated = false
  for (const line of head.split('\n', LINES_TO_JUDGE)) {
    if (line.trim() === '') continue
    const isRemark = /^\s*#/.test(line)
    const cells = line
      .replace(/^\s*#/, '')
      .split(/[,;\t|]/)
      .map((cell) => cell.trim().replaceAll(/^"|"$/g, ''))
    if (!isRemark && stated) return cells.length > 1
    stated = cells.length > 1 && !looksLikeData(cells) && states(cells, entry)
    if (!isRemark) return stated
  }
  return false
}

function states(cells: readonly string[], entry: FeedEntry): boolean {
  try {
    return layoutOfHeader(cells, entry) !== undefined
  } catch {
    return false
  }
}
