import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { AppError, errorText, systemErrorCode } from '../../core/errors.ts'
import { refuseNamedPipe } from '../../core/named-pipe.ts'
import type { Batch, Source } from '../../core/ports.ts'
import { sourceEvents, type SourceEvents } from '../../telemetry/events/source.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { createCollector, type Collector, type Piece } from '../collect.ts'
import type { Decode } from '../decode.ts'
import { gunzip, hasGzipMagic } from '../gzip.ts'
import type { StreamConfig } from './config.ts'
import { observe, type StreamOutcome } from './outcome.ts'
import { unfold } from './unfold.ts'

const CHUNK_BYTES = 1024 * 1024
/**
 * Decoded at a time, about 50 alerts: they are worked on and forgotten while they are still in the processor's cache and
 * before the collector has to copy them (a quarter of the time of a scan, measured).
 */
const SLICE_BYTES = 64 * 1024

/** Bytes as they lie on the disk or come in; `totalBytes` is undefined where nobody knows (standard input, a pipe). */
export interface Progress {
  readonly readBytes: number
  readonly totalBytes: number | undefined
}

export interface StreamOptions {
  readonly id: string
  readonly config: StreamConfig
  readonly decode: Decode
  readonly telemetry: Telemetry
  /** What is read when the configuration names `-`. */
  readonly stdin: Readable
  /** Called after each chunk. */
  readonly onProgress?: (progress: Progress) => void
}

export interface StreamSource extends Source {
  /** What was read and what gave no alert: the whole truth once `read` has ended by itself. */
  outcome(): StreamOutcome
}

/**
 * Reads a finite input once: alerts line by line or one JSON document (`unfold`), plain or gzip (told by its first bytes,
 * not its name). The last line counts without a newline. Keeps no checkpoint, so acknowledgements are ignored. `read`
 * throws SOURCE_MISSING or SOURCE_UNREADABLE; damaged gzip is reported after all that could be unpacked was given.
 */
export function createStreamSource(options: StreamOptions): StreamSource {
  const observed = observe(sourceEvents(options.telemetry, options.id))
  return {
    id: options.id,
    read: (signal) => readBatches(options, observed.events, signal),
    outcome: () => observed.outcome(),
    close: () => Promise.resolve(),
  }
}

async function* readBatches(
  options: StreamOptions,
  events: SourceEvents,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const { config, decode } = options
  const { file, maxLineBytes, batchAlerts } = config
  const raw = file === '-' ? { readable: options.stdin, totalBytes: undefined } : await openRaw(file)
  // A read of standard input may never end by itself.
  const stop = (): void => void raw.readable.destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    const { original, chunks } = await unfold(unpacked(counted(raw, options), { file, events }), maxLineBytes)
    const collector = createCollector({
      file,
      offset: 0,
      decode: original ? decode : (line) => decode(line, file, 0),
      events,
      maxLineBytes,
      batchAlerts,
      unterminated: 'line',
    })
    yield* batches(collector, chunks, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', stop)
    raw.readable.destroy()
  }
}

interface Raw {
  readonly readable: Readable
  readonly totalBytes: number | undefined
}

async function openRaw(path: string): Promise<Raw> {
  try {
    await refuseNamedPipe(path)
    const handle = await open(path, 'r')
    const stats = await handle.stat()
    const readable = handle.createReadStream({ highWaterMark: CHUNK_BYTES })
    return { readable, totalBytes: stats.isFile() ? stats.size : undefined }
  } catch (error) {
    throw unreadable(error)
  }
}

function unreadable(cause: unknown): AppError {
  if (systemErrorCode(cause) === 'ENOENT') {
    const hint = 'Check the path, and the folder it is relative to.'
    return new AppError('SOURCE_MISSING', 'The file does not exist', { cause, hint })
  }
  const hint =
    systemErrorCode(cause) === 'EACCES'
      ? 'Run it as a user of group wazuh, or give this user the right to read the file.'
      : 'Name a file that can be read: alerts, one JSON object a line, plain or gzip.'
  return new AppError('SOURCE_UNREADABLE', `The file cannot be read: ${errorText(cause)}`, { cause, hint })
}

async function* counted(
  { readable, totalBytes }: Raw,
  { onProgress }: StreamOptions,
): AsyncGenerator<Buffer> {
  let readBytes = 0
  try {
    for await (const chunk of readable) {
      const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))
      readBytes += bytes.length
      yield bytes
      onProgress?.({ readBytes, totalBytes })
    }
  } catch (error) {
    throw unreadable(error)
  }
}

interface Naming {
  readonly file: string
  readonly events: SourceEvents
}

async function* unpacked(raw: AsyncGenerator<Buffer>, { file, events }: Naming): AsyncGenerator<Buffer> {
  const head = await firstBytes(raw, 2)
  if (!hasGzipMagic(head)) {
    if (head.length > 0) yield head
    yield* raw
    return
  }
  let offset = 0
  try {
    for await (const chunk of gunzip(Readable.from(joined(head, raw), { objectMode: false }))) {
      if (!Buffer.isBuffer(chunk)) continue
      offset += chunk.length
      yield chunk
    }
  } catch (error) {
    if (error instanceof AppError) throw error
    events.broken({ file, offset }, error)
  }
}

/** The first chunk, joined with the next ones while it is shorter than `count`; empty at the end of the input. */
async function firstBytes(chunks: AsyncGenerator<Buffer>, count: number): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0)
  while (head.length < count) {
    const next = await chunks.next()
    if (next.done === true) break
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value])
  }
  return head
}

async function* joined(head: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield head
  yield* rest
}

async function* batches(
  collector: Collector,
  chunks: AsyncIterable<Buffer>,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length && !signal.aborted; at += SLICE_BYTES) {
      yield* alertsOf(collector.push(chunk.subarray(at, at + SLICE_BYTES)), signal)
    }
    if (signal.aborted) return
  }
  yield* alertsOf(collector.finish(), signal)
}

function* alertsOf(pieces: readonly Piece[], signal: AbortSignal): Generator<Batch> {
  for (const { alerts } of pieces) {
    if (alerts.length > 0 && !signal.aborted) yield { alerts, ack: () => undefined }
  }
}
