import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import type { DeadLetter, DeadLetterReason } from '../../core/dead-letter.ts'
import { AppError } from '../../core/errors.ts'
import { syncFolder } from '../../core/sync-folder.ts'
import type { DeadLetterEvents } from '../../telemetry/events/dead-letters.ts'
import type { SinkEvents } from '../../telemetry/events/sink.ts'
import { sinkError } from '../errors.ts'
import { openFileWriter, type FileWriter } from '../file-writer.ts'
import type { DeadLettersConfig } from './config.ts'
import { letterLine } from './letter-line.ts'
import { countLetters, firstTime, letterFiles, letterPath, type LetterFile } from './letter-files.ts'

export interface DeadLetterFolderOptions {
  readonly config: DeadLettersConfig
  readonly stateDir: string
  readonly clock: Clock
  readonly events: DeadLetterEvents & SinkEvents
}

/** Dead letters as lines of files that are removed, oldest first, where they take too much. One caller at a time. */
export interface DeadLetterFolder {
  /** Resolves when they are on the disk. Rejects with SINK_FULL or SINK_UNWRITABLE; called again, some may stand there twice. */
  append(letters: readonly DeadLetter[]): Promise<void>
  close(): Promise<void>
}

/** The bound holds for all files together: by so many of them it is kept. */
const FILES = 8

interface Self extends DeadLetterFolderOptions {
  readonly folder: string
  writing: { readonly path: string; readonly writer: FileWriter } | undefined
}

export async function openDeadLetterFolder(options: DeadLetterFolderOptions): Promise<DeadLetterFolder> {
  const folder = join(options.stateDir, 'dead-letters')
  const self: Self = { ...options, folder, writing: undefined }
  try {
    await mkdir(folder, { recursive: true, mode: 0o750 })
    const bytes = await tellSize(self, await letterFiles(folder))
    if (bytes > 0) options.events.found(folder, bytes)
  } catch (error) {
    throw sinkError(error, folder)
  }
  return {
    append: async (letters) => {
      try {
        await append(self, letters)
      } catch (error) {
        throw sinkError(error, folder)
      }
    },
    close: () => seal(self),
  }
}

async function append(self: Self, letters: readonly DeadLetter[]): Promise<void> {
  const { folder, clock, events } = self
  const maxFileBytes = self.config.maxSize / FILES
  await mkdir(folder, { recursive: true, mode: 0o750 })
  let lines: string[] = []
  let bytes = 0
  const write = async (): Promise<void> => {
    const path = await fileFor(self, bytes, maxFileBytes)
    await (await writerOf(self, path)).append(lines)
    lines = []
    bytes = 0
  }
  for (const letter of letters) {
    const line = letterLine(letter, clock.now())
    const more = Buffer.byteLength(line) + 1
    if (lines.length > 0 && bytes + more > maxFileBytes) await write()
    lines.push(line)
    bytes += more
  }
  await write()
  await tellSize(self, await letterFiles(folder))
  for (const [reason, count] of counted(letters)) events.kept(reason, count, self.writing?.path ?? folder)
}

/** Where so many bytes go, with room made for them. */
async function fileFor(self: Self, bytes: number, maxFileBytes: number): Promise<string> {
  const { folder, config, events } = self
  const files = [...(await letterFiles(folder))]
  const last = files.at(-1)
  const isNew = last === undefined || (last.bytes > 0 && last.bytes + bytes > maxFileBytes)
  let taken = files.reduce((sum, file) => sum + file.bytes, 0)
  while (taken > 0 && taken + bytes > config.maxSize) {
    const oldest = files[0]
    if (oldest === undefined || (oldest === last && !isNew)) break
    if (config.atLimit === 'wait') throw full(folder)
    const letters = await countLetters(oldest)
    if (oldest.path === self.writing?.path) await seal(self)
    await rm(oldest.path, { force: true })
    events.removed(oldest.path, letters)
    files.shift()
    taken -= oldest.bytes
  }
  return isNew ? letterPath(folder, (last?.number ?? 0) + 1) : last.path
}

function full(folder: string): AppError {
  return new AppError('SINK_FULL', `The dead letters in ${folder} have no more room (deadLetters.maxSize)`, {
    hint: 'Look at them, `tripline scan` reads them; then remove the files.',
  })
}

async function writerOf(self: Self, path: string): Promise<FileWriter> {
  if (self.writing?.path === path) return self.writing.writer
  await seal(self)
  const writer = await openFileWriter({
    path,
    maxBytes: Infinity,
    backups: 0,
    sync: true,
    events: self.events,
  })
  self.writing = { path, writer }
  await syncFolder(self.folder)
  return writer
}

async function seal(self: Self): Promise<void> {
  const { writing } = self
  self.writing = undefined
  await writing?.writer.close()
}

async function tellSize(self: Self, files: readonly LetterFile[]): Promise<number> {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const oldest = files.find((file) => file.bytes > 0)
  self.events.sized(bytes, oldest === undefined ? undefined : await firstTime(oldest))
  return bytes
}

function counted(letters: readonly DeadLetter[]): ReadonlyMap<DeadLetterReason, number> {
  const counts = new Map<DeadLetterReason, number>()
  for (const { reason } of letters) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return counts
}
