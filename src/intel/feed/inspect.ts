import type { Clock } from '../../core/clock.ts'
import type { AppError } from '../../core/errors.ts'
import { openFeed } from './bytes.ts'
import type { FeedConfig } from './config.ts'
import { formatOf, type FeedFormat } from './format.ts'
import { decodeHead } from './lines.ts'
import { readFeedFile, type FileEnd } from './reading.ts'
import { createScanner, isByChance, type FeedFile } from './scan.ts'

/** What one configured path holds, as `tripline check` tells it. */
export interface FeedDescription {
  /** As configured. */
  readonly path: string
  readonly files: readonly FeedFileDescription[]
  /** The path is missing, or the folder cannot be listed. */
  readonly problem?: AppError
  readonly isEmptyFolder: boolean
}

export interface FeedFileDescription {
  readonly path: string
  readonly sizeBytes: number
  /** Absent when the file cannot be opened. */
  readonly format?: FeedFormat
  readonly end: FileEnd
}

export interface InspectOptions {
  readonly provider: string
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Called while a file is read, with the number of indicators that came. */
  readonly onIndicators: (count: number) => void
}

/** Reads every configured feed once and keeps no indicator. After abort the rest is missing. */
export async function inspectFeeds(
  config: FeedConfig,
  options: InspectOptions,
): Promise<readonly FeedDescription[]> {
  const scan = await createScanner(config.feeds, config.maxFileBytes)()
  const descriptions: FeedDescription[] = []
  for (const { path } of config.feeds) {
    const files: FeedFileDescription[] = []
    for (const file of scan.files.values())
      if (file.entry.path === path) files.push(...(await inspectFile(file, config.maxFileBytes, options)))
    for (const [at, { error }] of scan.problems)
      if (at.startsWith(`${path}/`)) files.push({ path: at, sizeBytes: 0, end: unseen(error) })
    const problem = scan.problems.get(path)?.error
    const isEmptyFolder = scan.emptyFolders.has(path)
    descriptions.push({ path, files, isEmptyFolder, ...(problem === undefined ? {} : { problem }) })
  }
  return descriptions
}

/** One description: a list, because the end of a reading is told and not returned. */
async function inspectFile(
  file: FeedFile,
  maxBytes: number,
  { provider, clock, signal, onIndicators }: InspectOptions,
): Promise<readonly FeedFileDescription[]> {
  const { path, sizeBytes } = file
  const format = await formatIn(file, maxBytes)
  const found: FeedFileDescription[] = []
  const onEnd = (end: FileEnd): void =>
    void found.push({ path, sizeBytes, end, ...(format === undefined ? {} : { format }) })
  const reading = { provider, maxBytes, clock, mayLeaveOut: isByChance(file), onEnd }
  try {
    for await (const block of readFeedFile(file, reading, signal)) onIndicators(block.length)
  } catch {
    // `onEnd` has told what went wrong, or the signal is aborted.
  }
  return found
}

/** Undefined when the file cannot be opened: its reading will say why. */
async function formatIn({ path, entry }: FeedFile, maxBytes: number): Promise<FeedFormat | undefined> {
  try {
    const bytes = await openFeed(path, maxBytes)
    try {
      return formatOf(path, decodeHead(bytes.head), entry)
    } finally {
      await bytes.close()
    }
  } catch {
    return undefined
  }
}

function unseen(error: AppError): FileEnd {
  return { kind: 'failed', error, outcome: { loaded: 0, skipped: {}, samples: [], ms: 0 } }
}
