import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { errorText, systemErrorCode } from '../../core/errors.ts'
import { parseJson } from '../../core/json.ts'
import { readContent } from './list-content.ts'
import { makeList, type ListOrigin, type WarningList } from './list.ts'

/** What became of one file. */
export type ListFileEnd =
  | { readonly kind: 'list'; readonly list: WarningList }
  /** JSON that is something else (`schema.json`). */
  | { readonly kind: 'other'; readonly problem: string }
  /** It cannot be read, or is damaged. */
  | { readonly kind: 'failed'; readonly problem: string }

/** The largest of the public collection (a million sites, Tranco) has some 20 MiB. */
const MAX_BYTES = 256 * 1024 ** 2

/** Reads one list from a file. Rejects with the signal's reason after abort only. */
export async function readListFile(
  path: string,
  origin: ListOrigin,
  signal: AbortSignal,
): Promise<ListFileEnd> {
  const text = await readText(path)
  if (typeof text !== 'string') return { kind: 'failed', problem: text.problem }
  const json = parseJson(text)
  if (json === undefined) return { kind: 'failed', problem: 'It is no JSON' }
  const read = readContent(json)
  if (read.kind === 'other') return read
  return { kind: 'list', list: await makeList(read.content, origin, signal) }
}

async function readText(path: string): Promise<string | { readonly problem: string }> {
  try {
    // Without O_NONBLOCK a FIFO in the folder would hold a thread for ever.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stats = await handle.stat()
      if (!stats.isFile()) return { problem: 'It is no regular file' }
      if (stats.size > MAX_BYTES) return { problem: 'It is larger than 256 MiB' }
      return await handle.readFile('utf8')
    } finally {
      await handle.close()
    }
  } catch (error) {
    return { problem: `It cannot be read: ${systemErrorCode(error) ?? errorText(error)}` }
  }
}
