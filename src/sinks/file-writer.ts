import { AppError } from '../core/errors.ts'
import type { SinkEvents } from '../telemetry/events/sink.ts'
import { chunksOf, type Chunk } from './chunks.ts'
import { sinkError, stoppedError } from './errors.ts'
import { openLogFile, type LogFile } from './log-file.ts'
import { createRotation } from './rotation.ts'

export interface FileWriterOptions {
  readonly path: string
  /** The file is rotated before a delivery that would take it beyond this. */
  readonly maxBytes: number
  readonly backups: number
  /** Wait for the disk with each delivery, so that it outlives a power failure. */
  readonly sync: boolean
  readonly events: SinkEvents
  readonly open?: (path: string) => Promise<LogFile>
}

/** Appends lines to a file that it rotates (docs/adr/0005-own-log-writer.md). One call at a time. */
export interface FileWriter {
  /**
   * Appends all lines (given without their ends) or none, and gives how many there were. Rejects with SINK_FULL or
   * SINK_UNWRITABLE; what had reached the file by then is taken back, so that the call can be repeated.
   */
  append(lines: Iterable<string>): Promise<number>
  /** Waits for a call under way. Twice is once. */
  close(): Promise<void>
}

/** Rejects with SINK_UNWRITABLE when the file cannot be opened; a full disk is waited for by the first `append`. */
export async function openFileWriter(options: FileWriterOptions): Promise<FileWriter> {
  const { path, events } = options
  const current = currentFile(options)
  let underWay: Promise<unknown> = Promise.resolve()
  let closing: Promise<void> | undefined

  const append = async (lines: Iterable<string>): Promise<number> => {
    const chunks = chunksOf(lines)
    const first = chunks.next()
    if (first.done === true) return 0
    try {
      const file = await current.ready(first.value.data.length)
      return await appendAll(file, withFirst(first.value, chunks), options)
    } catch (error) {
      await current.abandon()
      throw sinkError(error, path)
    }
  }

  await current.open().catch((error: unknown) => {
    const failure = sinkError(error, path)
    if (failure.code !== 'SINK_FULL') throw failure
    events.failed(failure)
  })
  return {
    append: (lines) => {
      if (closing !== undefined) return Promise.reject(stoppedError(path))
      const call = append(lines)
      underWay = call.catch(() => undefined)
      return call
    },
    close: () => {
      closing ??= current.close(underWay).catch((error: unknown) => {
        throw sinkError(error, path)
      })
      return closing
    },
  }
}

/** The file that is open now, if any. */
function currentFile({ path, maxBytes, backups, events, open = openLogFile }: FileWriterOptions) {
  const rotation = createRotation({ path, backups, events })
  let file: LogFile | undefined

  const reopen = async (): Promise<LogFile> => {
    await file?.close()
    file = undefined
    file = await open(path)
    return file
  }
  return {
    open: async (): Promise<void> => {
      await reopen()
      await rotation.start()
    },
    /** The file to append `bytes` to: the one the path names now, rotated when they do not fit. */
    ready: async (bytes: number): Promise<LogFile> => {
      const found = file !== undefined && (await file.isCurrent()) ? file : await reopen()
      const size = await found.size()
      if (size === 0 || size + bytes <= maxBytes) return found
      await rotation.rotate()
      return reopen()
    },
    /** After an error the descriptor is not used again: the path may lead to a file that works by then. */
    abandon: async (): Promise<void> => {
      const broken = file
      file = undefined
      await broken?.close().catch(() => undefined)
    },
    close: async (underWay: Promise<unknown>): Promise<void> => {
      rotation.stop()
      await underWay
      await rotation.idle()
      const last = file
      file = undefined
      if (last?.regular === true) await last.sync()
      await last?.close()
    },
  }
}

function* withFirst(first: Chunk, rest: Iterable<Chunk>): Generator<Chunk> {
  yield first
  yield* rest
}

async function appendAll(
  file: LogFile,
  chunks: Iterable<Chunk>,
  options: FileWriterOptions,
): Promise<number> {
  const start = await file.size()
  const progress = { bytes: 0 }
  let records = 0
  try {
    if (await file.isTorn(start)) {
      options.events.tornFound(options.path)
      await writeWhole(file, Buffer.from('\n'), progress)
    }
    for (const chunk of chunks) {
      await writeWhole(file, chunk.data, progress)
      records += chunk.records
    }
    if (options.sync && file.regular) await file.sync()
    return records
  } catch (error) {
    await takeBack(file, start, progress.bytes)
    throw error
  }
}

async function writeWhole(file: LogFile, data: Buffer, progress: { bytes: number }): Promise<void> {
  for (let offset = 0; offset < data.length;) {
    const taken = await file.write(data, offset)
    if (taken === 0) throw new AppError('SINK_UNWRITABLE', 'The system takes no more bytes')
    offset += taken
    progress.bytes += taken
  }
}

/**
 * Where it fails (a file that may only grow, chattr +a), the half line stays and the next opening finds it. It is left
 * alone when the file is not as long as we made it: then somebody else has truncated or written it.
 */
async function takeBack(file: LogFile, start: number, written: number): Promise<void> {
  if (!file.regular || written === 0) return
  try {
    if ((await file.size()) === start + written) await file.truncate(start)
  } catch {
    return
  }
}
