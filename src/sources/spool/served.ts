import { chmod, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import type { SpoolEvents } from '../../telemetry/events/spool.ts'

/** Tells writers until when they may leave their alerts to the daemon, running or not: seconds since 1970, 0 for not now. */
export const MARKER = 'served'
/** The script reads only the first line, and takes what is no number for a mark without an end. */
const RENEW_MS = 60_000

export interface ServedOptions {
  readonly dir: string
  /** Beyond that many files writers are sent away. */
  readonly maxFiles: number
  /** How long writers go on after the last sign of life. */
  readonly maxOutageMs: number
  readonly clock: Clock
}

export interface Served {
  /** Writes the mark in a folder that has just been opened. */
  begin(files: number): Promise<void>
  /** Call often, with the number of files that wait: the mark is written once a minute, and when the folder becomes full or is no more. */
  renew(files: number): Promise<void>
}

/** One caller at a time. Never rejects: what cannot be written is told, and tried again. */
export function createServed(
  { dir, maxFiles, maxOutageMs, clock }: ServedOptions,
  events: SpoolEvents,
): Served {
  let last: { readonly at: number; readonly full: boolean } | undefined

  async function write(until: number): Promise<void> {
    // Renamed: a script that looks meanwhile finds the old one or the new one.
    const next = join(dir, `.${MARKER}`)
    await writeFile(next, `${until}\n`)
    // Whatever the umask says: who may enter the folder may read it.
    await chmod(next, 0o644)
    await rename(next, join(dir, MARKER))
  }
  async function renew(files: number): Promise<void> {
    const full = files > maxFiles
    const at = clock.monotonic()
    if (last !== undefined && last.full === full && at - last.at < RENEW_MS) return
    try {
      await write(full ? 0 : Math.ceil((clock.now() + maxOutageMs) / 1000))
    } catch (error) {
      events.markFailed(join(dir, MARKER), error)
      return
    }
    if (full) events.full(files, maxFiles)
    last = { at, full }
  }
  return {
    begin: (files) => {
      last = undefined
      return renew(files)
    },
    renew,
  }
}
