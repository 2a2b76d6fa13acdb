import { readFile, rm, writeFile } from 'node:fs/promises'

const MAX_UNFINISHED = 3

/**
 * LMDB ends the process on some kinds of damage (a file cut short behind its head: SIGBUS). So each opening is counted in a file
 * beside it until all was read; after so many in a row in which the process ended, for whatever reason, the file is not to be touched
 * before it was looked at.
 */
export interface OpeningMarker {
  /** The process ended in each of the last openings. */
  readonly isSuspect: boolean
  /** Call before the file is opened; `fresh` when the count begins anew. */
  begin(fresh: boolean): Promise<void>
  /** Call when all of it was read, or when that failed: it does not end the process. */
  readonly settled: () => Promise<void>
}

export async function readOpeningMarker(path: string): Promise<OpeningMarker> {
  const marker = `${path}-opening`
  const unfinished = Number(await readFile(marker, 'utf8').catch(() => '0')) || 0
  return {
    isSuspect: unfinished >= MAX_UNFINISHED,
    begin: (fresh) => writeFile(marker, String(fresh ? 1 : unfinished + 1), { mode: 0o640 }),
    settled: () => rm(marker, { force: true }),
  }
}
