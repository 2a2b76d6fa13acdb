import type { MirrorStatus } from '../../mirror/status.ts'
import { REFUSALS, type Refusal } from '../../stix/refusal.ts'
import type { Row } from './rows.ts'

/** Patterns, or parts of some, that one alert cannot decide: how many, why, and which ones. */
export interface Unmatchable {
  /** An object was put in place, or removed. */
  see(row: Row | { readonly id: string }): void
  /** A full load begins: those that it does not name again are gone at its end. */
  begin(): void
  end(): void
  list(): NonNullable<MirrorStatus['unmatchable']>
}

interface Entry {
  readonly reasons: readonly Refusal[]
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
    },
    list: () => listOf([...known.values()]),
  }
}

function entryOf({ refused, stixId, pattern }: Row): Entry {
  return { reasons: [...new Set(refused)], ref: stixId, pattern: pattern.slice(0, MAX_PATTERN) }
}

/** The most frequent reason first. */
function listOf(entries: readonly Entry[]): ReturnType<Unmatchable['list']> {
  return Object.entries(REFUSALS)
    .map(([name, reason]) => {
      const all = entries.filter(({ reasons }) => reasons.some((one) => one === name))
      const samples = all.slice(0, SAMPLES).map(({ ref, pattern }) => ({ ref, pattern }))
      return { reason, count: all.length, samples }
    })
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.count - a.count)
}
