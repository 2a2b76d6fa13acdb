import type { Clock } from '../../core/clock.ts'
import type { AppError } from '../../core/errors.ts'
import type { Indicator } from '../../core/indicator.ts'
import type { FeedOutcome } from '../../telemetry/events/feed.ts'
import { feedError, openFeed } from './bytes.ts'
import type { FeedConfig, FeedEntry } from './config.ts'
import { formatOf, type FeedFormat } from './format.ts'
import { decodeHead } from './lines.ts'
import { loadFile } from './load.ts'
import { createScanner, type FeedFile } from './scan.ts'
import { createTally, outcomeOf } from './tally.ts'

/** What one configured path holds, as `tripline check` tells it. */
export interface FeedDescription {
  /** As configured. */
  readonly path: string
  readonly files: readonly FeedFileDescription[]
  /** The path is missing, or the folder cannot be listed. */
  readonly problem?: AppError
}

export interface FeedFileDescription {
  readonly path: string
  readonly sizeBytes: number
  /** Absent when the file cannot be opened. */
  readonly format?: FeedFormat
  readonly problem?: AppError
}

/** Looks at every configured feed without loading it: is it there, may it be read, which format is it. */
export async function describeFeeds(config: FeedConfig): Promise<readonly FeedDescription[]> {
  const scan = await createScanner(config.feeds, config.maxFileBytes)()
  const descriptions: FeedDescription[] = []
  for (const { path } of config.feeds) {
    const files: FeedFileDescription[] = []
    for (const file of scan.files.values()) {
      if (file.entry.path === path) files.push(await describeFile(file, config.maxFileBytes))
    }
    const unlisted = [...scan.problems].filter(([at]) => at !== path && at.startsWith(`${path}/`))
    for (const [at, { error }] of unlisted) files.push({ path: at, sizeBytes: 0, problem: error })
    const problem = scan.problems.get(path)?.error
    descriptions.push(problem === undefined ? { path, files } : { path, files, problem })
  }
  return descriptions
}

async function describeFile(file: FeedFile, maxBytes: number): Promise<FeedFileDescription> {
  const { path, sizeBytes } = file
  try {
    const bytes = await openFeed(path, maxBytes)
    try {
      return { path, sizeBytes, format: formatOf(path, decodeHead(bytes.head), file.entry) }
    } finally {
      await bytes.close()
    }
  } catch (error) {
    return { path, sizeBytes, problem: feedError(error) }
  }
}

export interface LoadOnceOptions {
  readonly provider: string
  readonly maxBytes: number
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Called with each block of about 2,000 indicators, in order. Of a file that fails later, too. */
  readonly onBlock: (block: readonly Indicator[]) => void
}

export interface LoadedFile {
  readonly path: string
  readonly outcome: FeedOutcome
  /** Set when the file could not be used: a running Tripline would have kept its last good content. */
  readonly error?: AppError
}

/** Loads every file of one feed path once, for commands. Rejects only when the path cannot be looked at, or on abort. */
export async function loadFeedOnce(
  entry: FeedEntry,
  options: LoadOnceOptions,
): Promise<readonly LoadedFile[]> {
  const { provider, maxBytes, clock, signal } = options
  const scan = await createScanner([entry], maxBytes)()
  const problem = scan.problems.get(entry.path)
  if (problem !== undefined) throw problem.error
  const loaded: LoadedFile[] = []
  for (const { path } of scan.files.values()) {
    const tally = createTally()
    const started = clock.monotonic()
    const outcome = (): FeedOutcome => outcomeOf(tally, path, Math.round(clock.monotonic() - started))
    try {
      for await (const block of loadFile({ provider, path, entry, maxBytes, tally }, signal)) {
        options.onBlock(block)
      }
      loaded.push({ path, outcome: outcome() })
    } catch (error) {
      signal.throwIfAborted()
      loaded.push({ path, outcome: outcome(), error: feedError(error) })
    }
  }
  return loaded
}
