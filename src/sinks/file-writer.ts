import { AppError } from '../core/errors.ts'
import { chunksOf, type Chunk } from './chunks.ts'
import { createCurrentFile, type CurrentFile, type CurrentFileOptions } from './current-file.ts'
import { sinkError, stoppedError } from './errors.ts'
import type { LogFile } from './log-file.ts'

export interface FileWriterOptions extends CurrentFileOptions {
  /** Wait for the disk with each delivery, so that it outlives a power failure. */
  readonly sync: boolean
}

export interface AppendOptions {
  /** Recognises a call that repeats a rejected one; the lines themselves when absent. */
  readonly delivery?: object
  /** Breaks off between two chunks. */
  readonly signal?: AbortSignal
}

/** Appends lines to a file that it rotates (docs/adr/0005-own-log-writer.md). One call at a time. */
export interface FileWriter {
  /**
   * Appends all lines (given without their ends), and gives how many there were. Lines that do not fit into one file are
   * spread over several. Rejects with SINK_FULL or SINK_UNWRITABLE; what had reached the file by then is taken back, what
   * stands in files rotated meanwhile is remembered: the call repeated, with the same delivery, writes the rest.
   */
  append(lines: Iterable<string>, options?: AppendOptions): Promise<number>
  /** Waits for a call under way. Twice is once. */
  close(): Promise<void>
}

/** Rejects with SINK_UNWRITABLE when the file cannot be opened; a full disk is waited for by the first `append`. */
export async function openFileWriter(options: FileWriterOptions): Promise<FileWriter> {
  const { path, events } = options
  const current = createCurrentFile(options)
  let underWay: Promise<unknown> = Promise.resolve()
  let closing: Promise<void> | undefined
  let broken: { readonly delivery: object; readonly settled: number } | undefined

  const append = async (lines: Iterable<string>, { delivery = lines, signal }: AppendOptions) => {
    const run: Run = {
      ...options,
      current,
      settled: broken?.delivery === delivery ? broken.settled : 0,
      part: undefined,
    }
    broken = undefined
    try {
      for (const chunk of chunksOf(without(lines, run.settled), options.maxBytes)) {
        if (signal?.aborted === true) throw stoppedError(path)
        await appendChunk(run, chunk)
      }
      await settle(run)
      return run.settled
    } catch (error) {
      if (run.part !== undefined) await takeBack(run.part)
      broken = { delivery, settled: run.settled }
      await current.abandon()
      throw sinkError(error, path)
    }
  }

  await current.open().catch((error: unknown) => {
    const failure = sinkError(error, path)
    if (failure.code !== 'SINK_FULL') throw failure
    events.notOpened(failure)
  })
  return {
    append: (lines, appendOptions = {}) => {
      if (closing !== undefined) return Promise.reject(stoppedError(path))
      const call = append(lines, appendOptions)
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

/** One call of `append`. */
interface Run extends FileWriterOptions {
  readonly current: CurrentFile
  /** Records that stay whatever comes: they are whole in files that were rotated, or the call has come to its end. */
  settled: number
  part: Part | undefined
}

/** What this call has appended to the file that is open: taken back when the call fails. */
interface Part {
  readonly file: LogFile
  /** Size of the file before. */
  readonly start: number
  bytes: number
  records: number
}

function* without(lines: Iterable<string>, count: number): Generator<string> {
  let left = count
  for (const line of lines) {
    if (left === 0) yield line
    else left -= 1
  }
}

async function appendChunk(run: Run, { data, records }: Chunk): Promise<void> {
  const part = await partFor(run, data.length)
  await writeWhole(part, data)
  part.records += records
}

async function partFor(run: Run, bytes: number): Promise<Part> {
  const { part, maxBytes, current } = run
  if (part !== undefined && (!part.file.regular || part.start + part.bytes + bytes <= maxBytes)) return part
  // Its file is rotated next: nobody would wait for the disk later.
  await waitForDisk(run)
  const file = await current.ready(bytes, () => leave(run))
  return run.part ?? begin(run, file)
}

async function begin(run: Run, file: LogFile): Promise<Part> {
  const start = await file.size()
  const part: Part = { file, start, bytes: 0, records: 0 }
  run.part = part
  if (await file.isTorn(start)) {
    run.events.tornFound(run.path)
    await writeWhole(part, Buffer.from('\n'))
  }
  return part
}

async function waitForDisk({ sync, part }: Run): Promise<void> {
  if (sync && part?.file.regular === true) await part.file.sync()
}

function leave(run: Run): void {
  run.settled += run.part?.records ?? 0
  run.part = undefined
}

async function settle(run: Run): Promise<void> {
  await waitForDisk(run)
  leave(run)
}

async function writeWhole(part: Part, data: Buffer): Promise<void> {
  for (let offset = 0; offset < data.length;) {
    const taken = await part.file.write(data, offset)
    if (taken === 0) throw new AppError('SINK_UNWRITABLE', 'The system takes no more bytes')
    offset += taken
    part.bytes += taken
  }
}

/**
 * Where it fails (a file that may only grow, chattr +a), the half line stays and the next opening finds it. It is left
 * alone when the file is not as long as we made it: then somebody else has truncated or written it.
 */
async function takeBack({ file, start, bytes }: Part): Promise<void> {
  if (!file.regular || bytes === 0) return
  try {
    if ((await file.size()) === start + bytes) await file.truncate(start)
  } catch {
    return
  }
}
