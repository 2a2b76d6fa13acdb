import { unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { createBell } from '../../core/bell.ts'
import { systemErrorCode } from '../../core/errors.ts'
import { createTurns } from '../../core/turns.ts'
import type { SpoolEvents } from '../../telemetry/events/spool.ts'

/** Files handed out and not removed; more and reading waits. Also the most names held of a folder. */
export const MAX_HELD = 4096

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
  /** Of these, those that are done and could not be removed. */
  unremovable(): number
  add(name: string): HeldFile
  /** One batch less; the last one makes the file be removed, in the background. */
  release(file: HeldFile): void
  /** Resolves when a file was removed, or at abort. */
  freed(signal: AbortSignal): Promise<void>
  /** Removes what could not be removed before, too; resolves when all that is done is gone, or was tried. */
  flush(): Promise<void>
}

/** `onRemoved` is told of files that are done and gone. */
export function createHeldFiles(
  folder: string,
  events: SpoolEvents,
  onRemoved: (names: readonly string[]) => void,
): HeldFiles {
  const held = new Set<string>()
  const done = new Set<string>()
  // Held still: they would be read again.
  const unremovable = new Set<string>()
  const bell = createBell()
  const inTurn = createTurns()
  let scheduled = false

  async function removeAll(names: readonly string[]): Promise<void> {
    const removed: string[] = []
    let failure: { readonly path: string; readonly error: unknown } | undefined
    for (const name of names) {
      done.delete(name)
      try {
        await remove(join(folder, name))
        unremovable.delete(name)
        held.delete(name)
        removed.push(name)
      } catch (error) {
        unremovable.add(name)
        failure ??= { path: join(folder, name), error }
      }
    }
    if (removed.length > 0) {
      onRemoved(removed)
      events.done(removed.length)
    }
    if (failure !== undefined) events.removeFailed(failure.path, failure.error, names.length - removed.length)
    bell.ring()
  }
  return {
    has: (name) => held.has(name),
    size: () => held.size,
    unremovable: () => unremovable.size,
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
      void inTurn(() => {
        scheduled = false
        return removeAll([...done])
      })
    },
    freed: (signal) => bell.rung(signal),
    flush: () => inTurn(() => removeAll([...unremovable, ...done])),
  }
}

async function remove(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error
  }
}
