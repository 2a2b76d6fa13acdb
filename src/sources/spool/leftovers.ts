import { lstat, opendir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { systemErrorCode } from '../../core/errors.ts'
import type { SpoolEvents } from '../../telemetry/events/spool.ts'

/** A writer takes milliseconds: what is older was left by one that was killed. */
const STALE_MS = 3_600_000

/** Removes what was begun in `tmp` and never finished. Never rejects: a folder that is not there has no leftovers. */
export async function removeLeftovers(tmp: string, clock: Clock, events: SpoolEvents): Promise<void> {
  const before = clock.now() - STALE_MS
  let removed = 0
  try {
    for await (const { name } of await opendir(tmp)) {
      const path = join(tmp, name)
      const stat = await lstat(path).catch(() => undefined)
      if (stat === undefined || stat.mtimeMs >= before) continue
      await rm(path, { recursive: true, force: true })
      removed += 1
    }
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') events.removeFailed(tmp, error)
  }
  if (removed > 0) events.removed(removed, 'stale')
}
