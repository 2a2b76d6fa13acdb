import { opendir, lstat, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SpoolEvents } from '../../telemetry/events/spool.ts'
import type { Poison } from './alert-file.ts'
import type { SpoolFolders } from './folders.ts'
import { POISON_TEXTS } from './malformed.ts'

export interface FailedLimits {
  readonly maxFiles: number
  readonly maxBytes: number
}

/** The files that gave no alert, kept for people to look at, the newest within the limits. */
export interface FailedFiles {
  /** Moves a file out of the way; false, and told, when that is not possible. */
  setAside(name: string, reason: Poison): Promise<boolean>
}

interface Entry {
  readonly name: string
  readonly bytes: number
}

const REASON = '.reason'

/** One caller at a time. Reads what earlier runs have left; a folder that cannot be read counts as empty. */
export async function openFailed(
  { fresh, failed }: SpoolFolders,
  limits: FailedLimits,
  events: SpoolEvents,
): Promise<FailedFiles> {
  const entries = await readEntries(failed)
  let bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)

  async function trim(): Promise<void> {
    let removed = 0
    while (entries.length > limits.maxFiles || (bytes > limits.maxBytes && entries.length > 1)) {
      const oldest = entries.shift()
      if (oldest === undefined) break
      bytes -= oldest.bytes
      removed += 1
      for (const suffix of ['', REASON]) await remove(join(failed, `${oldest.name}${suffix}`), events)
    }
    if (removed > 0) events.removed(removed, 'failed_limit')
  }
  await trim()
  return {
    setAside: async (name, reason) => {
      try {
        const { size } = await lstat(join(fresh, name))
        await rename(join(fresh, name), join(failed, name))
        entries.push({ name, bytes: size })
        bytes += size
      } catch (error) {
        events.setAsideFailed(join(fresh, name), error)
        return false
      }
      events.failed(join(failed, name), reason)
      // Without it the log line still says why.
      await writeFile(join(failed, `${name}${REASON}`), `${reason}: ${POISON_TEXTS[reason]}\n`, {
        mode: 0o640,
      }).catch((error: unknown) => events.setAsideFailed(join(failed, `${name}${REASON}`), error))
      await trim()
      return true
    },
  }
}

async function remove(path: string, events: SpoolEvents): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch((error: unknown) => events.removeFailed(path, error))
}

/** Oldest first. */
async function readEntries(failed: string): Promise<Entry[]> {
  const found: (Entry & { readonly at: number })[] = []
  try {
    for await (const { name } of await opendir(failed)) {
      if (name.endsWith(REASON)) continue
      const stat = await lstat(join(failed, name)).catch(() => undefined)
      if (stat !== undefined) found.push({ name, bytes: stat.size, at: stat.ctimeMs })
    }
  } catch {
    return []
  }
  return found.toSorted((a, b) => a.at - b.at).map(({ name, bytes }) => ({ name, bytes }))
}
