import type { MirrorStatus } from '../../mirror/status.ts'
import type { Row } from './rows.ts'

/** Patterns that one alert cannot decide: how many, why, and which ones. */
export interface Unmatchable {
  /** An object was put in place, or removed. */
  see(row: Row | { readonly id: string }): void
  /** A full load begins: those that it does not name again are gone at its end. */
  begin(): void
  end(): void
  list(): NonNullable<MirrorStatus['unmatchable']>
}

interface Entry {
  readonly reason: string
  readonly ref: string
  readonly pattern: string
}

/** Named one by one; further ones are not. */
const MAX_KNOWN = 100_000
const SAMPLES = 3
const MAX_PATTERN = 200

export function createUnmatchable(): Unmatchable {
  let known = new Map<string, Entry>()
  let seen: Map<string, Entry> | undefined

  const put = (entries: Map<string, Entry>, id: string, entry: Entry | undefined): void => {
    if (entry === undefined) entries.delete(id)
    else if (entries.size < MAX_KNOWN || entries.has(id)) entries.set(id, entry)
  }

  return {
    see: (row) => {
      const entry =
        'reason' in row
          ? { reason: row.reason, ref: row.stixId, pattern: row.pattern.slice(0, MAX_PATTERN) }
          : undefined
      put(known, row.id, entry)
      if (seen !== undefined) put(seen, row.id, entry)
    },
    begin: () => {
      seen = new Map()
    },
    end: () => {
      known = seen ?? known
      seen = undefined
    },
    list: () => {
      const reasons = new Map<string, Entry[]>()
      for (const entry of known.values())
        reasons.set(entry.reason, [...(reasons.get(entry.reason) ?? []), entry])
      return [...reasons]
        .map(([reason, entries]) => ({
          reason,
          count: entries.length,
          samples: entries.slice(0, SAMPLES).map(({ ref, pattern }) => ({ ref, pattern })),
        }))
        .toSorted((a, b) => b.count - a.count)
    },
  }
}
