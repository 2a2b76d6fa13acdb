import type { FeedConfig } from './config.ts'
import type { FileIdentity } from './bytes.ts'
import type { FeedFile, FeedScan } from './scan.ts'

/** One feed file as the mirror has it. */
export interface UnitState {
  /** The configured path it comes from: itself, or its folder. */
  readonly root: string
  identity: FileIdentity
  /**
   * `due` until it was loaded to the end, so that a load that failed for a passing reason, or that the mirror gave up,
   * is offered again; `done` when it was loaded, or when the same bytes would only fail again.
   */
  load: 'due' | 'done'
  /** What of it is in use: `other` is a file of a folder that is no feed. */
  holds: 'nothing' | 'other' | 'feed'
  /** Why it holds nothing. */
  problem: string
  /** Whether it was absent at the last check. */
  absent: boolean
  loaded: number
}

export type Units = Map<string, UnitState>

/** A feed that gives nothing yet, and why. */
export interface MissingFeed {
  readonly feed: string
  readonly problem: string
}

export function newUnit({ entry }: FeedFile): UnitState {
  return {
    root: entry.path,
    identity: '',
    load: 'due',
    holds: 'nothing',
    problem: 'Its indicators could not be stored',
    absent: false,
    loaded: 0,
  }
}

/** Whether something that the path gave is in use: a file, or any file of a folder. */
export function isInUse(path: string, units: Units): boolean {
  if (units.get(path)?.holds === 'feed') return true
  return [...units.values()].some(({ root, holds }) => root === path && holds === 'feed')
}

/** What is configured and gives nothing: paths that are not there, files that did not load, folders without feeds. */
export function missingFeeds(
  feeds: FeedConfig['feeds'],
  { problems, emptyFolders }: FeedScan,
  units: Units,
): readonly MissingFeed[] {
  const missing = new Map<string, string>()
  for (const [path, { error }] of problems) if (!isInUse(path, units)) missing.set(path, error.message)
  for (const path of emptyFolders) missing.set(path, 'The folder has no feed files in it')
  for (const [path, { holds, problem }] of units)
    if (holds === 'nothing' && !missing.has(path)) missing.set(path, problem)
  for (const { path } of feeds) {
    const files = [...units.values()].filter(({ root }) => root === path)
    if (files.length > 0 && files.every(({ holds }) => holds === 'other'))
      missing.set(path, 'No file of the folder is a feed')
  }
  return [...missing].map(([feed, problem]) => ({ feed, problem }))
}
