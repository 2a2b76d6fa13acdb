import type { MatchRow } from './page/wire.ts'

export interface RecentMatch {
  readonly row: MatchRow
  /** The record as JSON. */
  readonly record: string
}

/** The newest matches. The oldest goes when there are too many, or when their records take too much memory. */
export interface RecentMatches {
  /** `key` of the row is given here. */
  add(row: Omit<MatchRow, 'key'>, record: string): void
  /** The newest last. */
  rows(): readonly MatchRow[]
  /** Those with a greater key, the newest last. */
  after(key: number): readonly MatchRow[]
  record(key: number): string | undefined
}

/** A record is at most 1 MiB, mostly 2 KiB. */
const MAX_BYTES = 8 * 1024 ** 2

export function createRecentMatches(maxMatches: number, maxBytes = MAX_BYTES): RecentMatches {
  const matches: RecentMatch[] = []
  let bytes = 0
  let lastKey = 0
  const rows = (): readonly MatchRow[] => matches.map(({ row }) => row)
  return {
    add: (row, record) => {
      lastKey += 1
      matches.push({ row: { key: lastKey, ...row }, record })
      bytes += record.length
      while (matches.length > maxMatches || (bytes > maxBytes && matches.length > 1))
        bytes -= matches.shift()?.record.length ?? 0
    },
    rows,
    after: (key) => rows().filter((row) => row.key > key),
    record: (key) => matches.find(({ row }) => row.key === key)?.record,
  }
}
