import { constants } from 'node:buffer'
import { AppError, errorText } from '../../core/errors.ts'
import { decode } from './lines.ts'

/**
 * JSON is read whole: an event or a bundle has no lines to stream. Parsing stops everything else for about 5 ms a MiB
 * (measured with events of 300,000 attributes) and needs several times the file's size in memory.
 */
const MAX_JSON_BYTES = Math.min(256 * 1024 ** 2, constants.MAX_STRING_LENGTH)

/** Reads and parses a whole file. Throws FEED_MALFORMED. */
export async function readJson(chunks: AsyncIterable<Buffer>): Promise<unknown> {
  const parts: string[] = []
  let chars = 0
  for await (const part of decode(chunks)) {
    chars += part.length
    if (chars > MAX_JSON_BYTES) {
      throw new AppError('FEED_MALFORMED', 'The JSON feed is larger than 256 MiB', {
        hint: 'Split it: a MISP feed folder has one file for each event.',
      })
    }
    parts.push(part)
  }
  try {
    const value: unknown = JSON.parse(parts.join(''))
    return value
  } catch (error) {
    throw new AppError('FEED_MALFORMED', `The feed is no JSON: ${errorText(error).slice(0, 200)}`, {
      cause: error,
    })
  }
}
