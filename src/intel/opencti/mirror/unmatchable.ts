import type { MirrorStatus } from '../../mirror/status.ts'
import { REFUSALS, type Refusal } from '../../stix/refusal.ts'
import type { Row } from './rows.ts'

/** A pattern of which one alert cannot decide everything. */
export interface UnmatchableEntry {
  /** Internal id of the indicator. */
  readonly id: string
  readonly reasons: readonly Refusal[]
  readonly ref: string
  readonly pattern: string
}

/** Patterns, or parts of some, that one alert cannot decide: how many, why, and which ones. */
export interface Unmatchable {
  /** An object was put in place, or removed. */
  see(row: Row | { readonly id: string }): void
  /** A full load begins: those that it does not name again are gone at its end. */
  begin(): void
  end(): void
  list(): NonNullable<MirrorStatus['unmatchable']>
  entries(): readonly UnmatchableEntry[]
  /** From the disk, after a restart. */
  recall(entries: readonly UnmatchableEntry[]): void
  /** Changes with everything that is seen. */
  readonly version: number
}

/** Known one by one; further ones are not. */
const MAX_UNMATCHABLE = 20_000
const SAMPLES = 3
const MAX_PATTERN = 200

export function createUnmatchable(): Unmatchable {
  let known = new Map<string, UnmatchableEntry>()
  let seen: Map<string, UnmatchableEntry> | undefined
  let version = 0

  const put = (
    entries: Map<string, UnmatchableEntry>,
    id: string,
    entry: UnmatchableEntry | undefined,
  ): void => {
    if (entry !== undefined) {
      if (entries.size >= MAX_UNMATCHABLE && !entries.has(id)) return
      entries.set(id, entry)
    } else if (!entries.delete(id)) return
    version += 1
  }

  return {
    see: (row) => {
      const entry = 'refused' in row && row.refused.length > 0 ? entryOf(row) : undefined
      put(known, row.id, entry)
      if (seen !== undefined) put(seen, row.id, entry)
    },
    begin: () => {
      seen = new Map()
    },
    end: () => {
      known = seen ?? known
      seen = undefined
      version += 1
    },
    list: () => listOf([...known.values()]),
    entries: () => [...known.values()],
    recall: (entries) => {
      for (const entry of entries.slice(0, MAX_UNMATCHABLE)) known.set(entry.id, entry)
    },
    get version() {
      return version
    },
  }
}

function entryOf({ id, refused, stixId, pattern }: Row): UnmatchableEntry {
  return { id, reasons: [...new Set(refused)], ref: stixId, pattern: pattern.slice(0, MAX_PATTERN) }
}

/** The most frequent reason first. */
function listOf(entries: readonly UnmatchableEntry[]): ReturnType<Unmatchable['list']> {
  return Object.entries(REFUSALS)
    .map(([name, reason]) => {
      const all = entries.filter(({ reasons }) => reasons.some((one) => one === name))
      const samples = all.slice(0, SAMPLES).map(({ ref, pattern }) => ({ ref, pattern }))
      return { reason, count: all.length, samples }
    })
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.count - a.count)
}
