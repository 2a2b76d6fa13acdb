import { watch, type FSWatcher } from 'node:fs'
import { withEither } from '../../core/abort.ts'
import { createBell } from '../../core/bell.ts'
import type { Clock } from '../../core/clock.ts'

/** Tells when it makes sense to look at a folder again. */
export interface News {
  /** Begins to watch, in place of what was watched before; a folder that cannot be watched is polled. */
  watch(folder: string): void
  /** From here on changes count. */
  looking(): void
  /** Resolves when something changed since `looking`, after the poll interval, or at abort. */
  next(signal: AbortSignal): Promise<void>
  close(): void
}

export function createNews(clock: Clock, pollMs: number): News {
  const bell = createBell()
  let watcher: FSWatcher | undefined
  let changed = false
  const stop = (): void => {
    watcher?.close()
    watcher = undefined
  }
  return {
    watch: (folder) => {
      stop()
      try {
        watcher = watch(folder, () => {
          changed = true
          bell.ring()
        }).on('error', stop)
      } catch {
        // inotify has a limit for each user; the folder may be gone already.
        watcher = undefined
      }
    },
    looking: () => {
      changed = false
    },
    next: async (signal) => {
      if (changed) return
      const over = new AbortController()
      await withEither(signal, over.signal, async (either) => {
        await Promise.race([bell.rung(either), clock.sleep(pollMs, either)])
        over.abort()
      })
    },
    close: stop,
  }
}
