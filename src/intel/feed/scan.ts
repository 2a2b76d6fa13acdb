import type { BigIntStats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { AppError, systemErrorCode } from '../../core/errors.ts'
import { isRecord } from '../../core/json.ts'
import { feedError, identityOf, openFeed, type FileIdentity } from './bytes.ts'
import type { FeedEntry } from './config.ts'
import { readJson } from './json.ts'

/** One file to load. Its path is its unit in the mirror. */
export interface FeedFile {
  readonly path: string
  readonly entry: FeedEntry
  readonly identity: FileIdentity
  readonly sizeBytes: number
  /** One event of a MISP feed folder, of which there may be thousands. */
  readonly inMispFeed: boolean
}

/** What the configured paths hold now. */
export interface FeedScan {
  readonly files: ReadonlyMap<string, FeedFile>
  /** Paths of feeds, folders or files, that could not be looked at: nothing can be said about what they hold. */
  readonly problems: ReadonlyMap<string, ScanProblem>
  /** Folders without a single feed file: not yet filled, not yet mounted, or only folders in it. */
  readonly emptyFolders: ReadonlySet<string>
}

export interface ScanProblem {
  readonly error: AppError
  /** It is not there, as against: it may be, but the system says nothing about it. */
  readonly gone: boolean
}

/** Whether a file is a feed because its folder was named, so that it may be something else. MISP's are in a manifest. */
export function isByChance({ path, entry, inMispFeed }: FeedFile): boolean {
  return path !== entry.path && !inMispFeed
}

/** Remembers the manifests of MISP feeds, so that they are read again only when they change. */
export type FeedScanner = () => Promise<FeedScan>

const MANIFEST = 'manifest.json'
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** Hidden files, and what editors, curl, rsync and browsers write beside a file they are not done with. */
const UNFINISHED = /^\.|~$|\.(?:tmp|temp|part|partial|crdownload|swp|bak)$/i
/** What lies beside the lists in a clone of a repository. The URL in a licence text is no indicator. */
const PROSE = /^(?:readme|licen[cs]e)|\.md$/i

export function createScanner(entries: readonly FeedEntry[], maxBytes: number): FeedScanner {
  const manifests = new Map<string, Manifest>()
  const explicit = new Set(entries.map(({ path }) => resolve(path)))
  return async () => {
    const found: Found = { files: new Map(), problems: new Map(), emptyFolders: new Set() }
    for (const entry of entries) {
      try {
        const stats = await stat(entry.path, { bigint: true })
        if (!stats.isDirectory()) addFile(found, entry.path, { entry, stats, inMispFeed: false })
        else await scanFolder(entry, { found, explicit, manifests, maxBytes })
      } catch (error) {
        found.problems.set(entry.path, problemOf(error))
      }
    }
    return found
  }
}

interface Found {
  readonly files: Map<string, FeedFile>
  readonly problems: Map<string, ScanProblem>
  readonly emptyFolders: Set<string>
}

interface Manifest {
  readonly identity: FileIdentity
  readonly names: ReadonlySet<string>
}

interface FolderScan {
  readonly found: Found
  /** Files with their own entry in the settings are not taken again by their folder's. */
  readonly explicit: ReadonlySet<string>
  readonly manifests: Map<string, Manifest>
  readonly maxBytes: number
}

/** Files of the folder itself, in order of name: not of folders in it. */
async function scanFolder(entry: FeedEntry, scan: FolderScan): Promise<void> {
  const listed = (await readdir(entry.path)).toSorted()
  const isMispFeed = listed.includes(MANIFEST)
  const names = isMispFeed
    ? await manifestNames(join(entry.path, MANIFEST), scan)
    : listed.filter((name) => !UNFINISHED.test(name) && !PROSE.test(name))
  const present = new Set(listed)
  let isEmpty = !isMispFeed
  for (const name of names) {
    const path = join(entry.path, name)
    if (!present.has(name)) continue
    if (scan.explicit.has(resolve(path))) {
      isEmpty = false
      continue
    }
    try {
      const stats = await stat(path, { bigint: true })
      if (!stats.isFile()) continue
      addFile(scan.found, path, { entry, stats, inMispFeed: isMispFeed })
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') continue
      scan.found.problems.set(path, problemOf(error))
    }
    isEmpty = false
  }
  if (isEmpty) scan.found.emptyFolders.add(entry.path)
}

/**
 * The event files a MISP feed's manifest names, `<uuid>.json`. The manifest is the feed: other files in the folder are
 * old events or `hashes.csv`. Throws like `openFeed`, and FEED_MALFORMED when it is no manifest.
 */
async function manifestNames(path: string, scan: FolderScan): Promise<Iterable<string>> {
  const identity = identityOf(await stat(path, { bigint: true }))
  const known = scan.manifests.get(path)
  if (known?.identity === identity) return known.names
  const bytes = await openFeed(path, scan.maxBytes)
  try {
    const manifest = await readJson(bytes.chunks)
    if (!isRecord(manifest))
      throw new AppError('FEED_MALFORMED', 'The MISP feed’s manifest is no JSON object')
    const names = new Set(
      Object.keys(manifest)
        .filter((name) => UUID.test(name))
        .map((uuid) => `${uuid}.json`),
    )
    scan.manifests.set(path, { identity, names })
    return names
  } finally {
    await bytes.close()
  }
}

interface FoundFile {
  readonly entry: FeedEntry
  readonly stats: BigIntStats
  readonly inMispFeed: boolean
}

/** The first of two entries with the same path counts. */
function addFile(found: Found, path: string, { entry, stats, inMispFeed }: FoundFile): void {
  if (found.files.has(path)) return
  found.files.set(path, {
    path,
    entry,
    identity: identityOf(stats),
    sizeBytes: Number(stats.size),
    inMispFeed,
  })
}

function problemOf(error: unknown): ScanProblem {
  const gone = systemErrorCode(error) === 'ENOENT'
  if (!gone) return { gone, error: feedError(error) }
  const hint = 'Put it there or mend its path; a relative one counts from the folder Tripline is started in.'
  return { gone, error: new AppError('FEED_UNREADABLE', 'The feed is not there', { cause: error, hint }) }
}
