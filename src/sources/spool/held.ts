import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createBell } from '../../core/bell.ts'
import { createTurns } from '../../core/turns.ts'
import type { SpoolEvents } from '../../telemetry/events/spool.ts'

/** A file whose alerts are on their way. */
export interface HeldFile {
  readonly name: string
  /** Batches with its alerts that are not acknowledged, and one while more of it is handed out. */
  open: number
}

/** The files that are in work. Each is removed when all batches with its alerts are acknowledged. */
export interface HeldFiles {
  has(name: string): boolean
  size(): number
  add(name: string): HeldFile
  /** One batch less; the last one makes the file be removed, in the background. */
  release(file: HeldFile): void
  /** Resolves when a file was removed, or at abort. */
  freed(signal: AbortSignal): Promise<void>
  /** Removes what could not be removed before; resolves when all that is done is gone, or was tried. */
  flush(): Promise<void>
}

export function createHeldFiles(folder: string, events: SpoolEvents): HeldFiles {
  const held = new Set<string>()
  const done = new Set<string>()
  const bell = createBell()
  const inTurn = createTurns()
  let scheduled = false

  async function removeDone(): Promise<void> {
    scheduled = false
    let removed = 0
    for (const name of done) {
      try {
        await rm(join(folder, name), { force: true })
        done.delete(name)
        held.delete(name)
        removed += 1
      } catch (error) {
        // It stays among the held ones: it is not read again by this process.
        events.removeFailed(join(folder, name), error)
      }
    }
    if (removed > 0) events.done(removed)
    bell.ring()
  }
  const flush = (): Promise<void> => inTurn(removeDone)
  return {
    has: (name) => held.has(name),
    size: () => held.size,
    add: (name) => {
      held.add(name)
      return { name, open: 1 }
    },
    release: (file) => {
      file.open -= 1
      if (file.open > 0) return
      done.add(file.name)
      if (scheduled) return
      scheduled = true
      void flush()
    },
    freed: (signal) => bell.rung(signal),
    flush,
  }
}
