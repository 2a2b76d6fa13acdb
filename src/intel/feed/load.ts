import { setImmediate } from 'node:timers/promises'
import { AppError } from '../../core/errors.ts'
import type { Indicator } from '../../core/indicator.ts'
import { isRecord } from '../../core/json.ts'
import { openFeed, type FeedBytes } from './bytes.ts'
import type { FeedEntry } from './config.ts'
import { delimiterFor, parseCsv } from './csv.ts'
import { firstLine, formatOf, type FeedFormat } from './format.ts'
import { readJson } from './json.ts'
import { decodeHead } from './lines.ts'
import { createMaker, type Maker } from './maker.ts'
import { parseMisp } from './misp.ts'
import { parsePlain } from './plain.ts'
import { parseStix } from './stix.ts'
import type { Tally } from './tally.ts'

export interface LoadOptions {
  readonly provider: string
  readonly path: string
  readonly entry: FeedEntry
  readonly maxBytes: number
  readonly tally: Tally
}

/**
 * Reads one file, in blocks of about 2,000 indicators; other work runs between blocks. Throws FEED_UNREADABLE when the
 * file cannot be read or changed meanwhile, FEED_MALFORMED when nothing in it was understood, and the signal's reason
 * after abort: an incomplete reading never ends as if it were complete.
 */
export async function* loadFile(
  options: LoadOptions,
  signal: AbortSignal,
): AsyncIterable<readonly Indicator[]> {
  const bytes = await openFeed(options.path, options.maxBytes)
  try {
    const maker = createMaker({ ...options, file: options.path })
    for await (const block of parseFeed(bytes, maker, options.path)) {
      signal.throwIfAborted()
      yield block
      await setImmediate()
    }
    signal.throwIfAborted()
    await bytes.verify()
    if (options.tally.nothingUnderstood()) {
      throw new AppError('FEED_MALFORMED', 'Nothing in the feed was understood', {
        hint: 'Set the feed’s format and indicatorType if the file is what it should be.',
      })
    }
  } finally {
    await bytes.close()
  }
}

async function* parseFeed(bytes: FeedBytes, maker: Maker, path: string): AsyncIterable<readonly Indicator[]> {
  const head = decodeHead(bytes.head)
  const format = formatOf(path, head, maker.entry)
  if (format === 'plain') yield* parsePlain(bytes.chunks, maker)
  else if (format === 'csv')
    yield* parseCsv(bytes.chunks, maker, delimiterFor(firstLine(head), path, maker.entry))
  else yield* parseJson(bytes.chunks, maker, format)
}

/** Where the format was found by itself, what the JSON turned out to be decides. */
async function* parseJson(
  chunks: AsyncIterable<Buffer>,
  maker: Maker,
  format: FeedFormat,
): AsyncIterable<readonly Indicator[]> {
  const root = await readJson(chunks)
  const isBundle = isRecord(root) && root['type'] === 'bundle'
  const isEvent = isRecord(root) && ('Event' in root || 'response' in root)
  const found = maker.entry.format !== 'auto' ? format : isBundle ? 'stix' : isEvent ? 'misp' : format
  yield* found === 'stix' ? parseStix(root, maker) : parseMisp(root, maker)
}
