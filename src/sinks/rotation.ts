import { access, readdir, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { systemErrorCode } from '../core/errors.ts'
import type { SinkEvents } from '../telemetry/events/sink.ts'
import { compress } from './compress.ts'

export interface RotationOptions {
  readonly path: string
  /** How many rotated files are kept; with 0 the file is deleted instead. */
  readonly backups: number
  readonly events: SinkEvents
}

/** The rotated files of one output: `<path>.1.gz` is the youngest. A plain `<path>.1` waits to be compressed. */
export interface Rotation {
  /** Compresses, in the background, what an earlier run left plain. */
  start(): Promise<void>
  /**
   * Moves the file away, so that its path is free. Waits for a compression under way. Rejects with the system's error;
   * repeated, it goes on where it broke off and deletes no more than one old file.
   */
  rotate(): Promise<void>
  /** Breaks off a compression, now and from now on; the next start takes it up again. */
  stop(): void
  /** Resolves when no compression is under way any more. */
  idle(): Promise<void>
}

export function createRotation({ path, backups, events }: RotationOptions): Rotation {
  const stop = new AbortController()
  let compressing = Promise.resolve()

  const compressAll = async (file: string): Promise<void> => {
    for (const plain of await plainFiles(file)) {
      try {
        await compress(plain, stop.signal)
      } catch (error) {
        if (!stop.signal.aborted) events.compressFailed(plain, error)
      }
    }
  }
  const start = (file: string): void => {
    if (backups === 0) return
    compressing = compressAll(file).catch((error: unknown) => events.compressFailed(file, error))
  }

  return {
    start: async () => start(await target(path)),
    rotate: async () => {
      await compressing
      const file = await target(path)
      if (backups === 0) await rm(file, { force: true })
      else {
        await makeRoom(file, backups)
        await rename(file, `${file}.1`)
      }
      events.rotated(file)
      start(file)
    },
    stop: () => stop.abort(),
    idle: () => compressing,
  }
}

/** What the path leads to: behind a symbolic link, it is the file that is rotated, not the link. */
async function target(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return path
    throw error
  }
}

async function plainFiles(file: string): Promise<readonly string[]> {
  const name = basename(file)
  const names = await readdir(dirname(file))
  return names
    .filter((other) => other.startsWith(`${name}.`) && /^\d{1,4}$/.test(other.slice(name.length + 1)))
    .map((other) => join(dirname(file), other))
}

/** Frees number 1. Files move up only as far as a free number; the oldest is deleted when there is none. */
async function makeRoom(file: string, backups: number): Promise<void> {
  let free = 1
  while (free <= backups && (await isTaken(file, free))) free += 1
  if (free > backups) {
    free = backups
    for (const name of namesOf(file, free)) await rm(name, { force: true })
  }
  for (let number = free - 1; number >= 1; number--) await moveUp(file, number)
}

function namesOf(file: string, number: number): readonly [plain: string, compressed: string] {
  return [`${file}.${number}`, `${file}.${number}.gz`]
}

async function isTaken(file: string, number: number): Promise<boolean> {
  const found = await Promise.all(namesOf(file, number).map(exists))
  return found.includes(true)
}

async function moveUp(file: string, number: number): Promise<void> {
  const [plain, compressed] = namesOf(file, number)
  const [nextPlain, nextCompressed] = namesOf(file, number + 1)
  if (await exists(compressed)) await rename(compressed, nextCompressed)
  if (await exists(plain)) await rename(plain, nextPlain)
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false
    throw error
  }
}
