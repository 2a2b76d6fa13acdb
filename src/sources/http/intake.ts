import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '../../core/sync-folder.ts'
import type { SpoolFolders } from '../spool/folders.ts'
import { fileName, type Backlog } from './backlog.ts'
import { PART_ALERTS, PART_BYTES, type Part } from './parts.ts'

/** Writes alerts to the disk. */
export interface Intake {
  /**
   * Resolves when all parts are durable: in files that are synced, in a folder that is synced. Rejects with a system error, and
   * nothing of them is kept then. Parts are counted in the backlog by `reserve` before.
   */
  put(parts: readonly Part[]): Promise<void>
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
}

export interface IntakeOptions {
  readonly folders: SpoolFolders
  readonly backlog: Backlog
  /** Of the first file; must be beyond those that are there. */
  readonly firstSequence: number
}

interface Waiting {
  readonly parts: readonly Part[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Requests that come while others are being written are written together: one wait for the disk for all of them, and few files
 * where many requests bring one alert each.
 */
export function createIntake({ folders, backlog, firstSequence }: IntakeOptions): Intake {
  let queue: Waiting[] = []
  let running: Promise<void> | undefined
  let sequence = firstSequence

  async function write(parts: readonly Part[]): Promise<void> {
    const files = gather(parts).map((file) => {
      const name = fileName(sequence, file)
      sequence += 1
      return { ...file, from: join(folders.tmp, name), to: join(folders.fresh, name) }
    })
    try {
      for (const { from, buffers } of files) await writeSynced(from, buffers)
      for (const { from, to } of files) await rename(from, to)
      await syncFolder(folders.fresh)
    } catch (error) {
      // Those that were read already are alerts that come twice.
      for (const { from, to } of files) await Promise.all([from, to].map((path) => remove(path)))
      for (const file of files) backlog.release(file)
      throw error
    }
    for (const file of files) backlog.written(file)
  }
  async function drain(): Promise<void> {
    while (queue.length > 0) {
      const group = queue
      queue = []
      try {
        await write(group.flatMap(({ parts }) => parts))
        for (const { resolve } of group) resolve()
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    running = undefined
  }
  return {
    put: (parts) =>
      new Promise((resolve, reject) => {
        queue.push({ parts, resolve, reject })
        running ??= drain()
      }),
    idle: async () => {
      await running
    },
  }
}

interface Gathered {
  readonly buffers: Buffer[]
  alerts: number
  bytes: number
}

/** Small parts share a file. */
function gather(parts: readonly Part[]): readonly Gathered[] {
  const files: Gathered[] = []
  for (const { bytes, alerts } of parts) {
    const last = files.at(-1)
    if (
      last !== undefined &&
      last.bytes + bytes.length <= PART_BYTES &&
      last.alerts + alerts <= PART_ALERTS
    ) {
      last.buffers.push(bytes)
      last.alerts += alerts
      last.bytes += bytes.length
    } else files.push({ buffers: [bytes], alerts, bytes: bytes.length })
  }
  return files
}

async function writeSynced(path: string, buffers: readonly Buffer[]): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(buffers.length === 1 ? (buffers[0] ?? '') : Buffer.concat(buffers))
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** What cannot be removed from `tmp` is removed at the next start; in `new` it would be an alert that comes twice. */
async function remove(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined)
}
