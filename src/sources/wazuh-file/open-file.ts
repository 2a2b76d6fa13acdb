import { systemErrorCode } from '../../core/errors.ts'
import type { SourceEvents } from '../../telemetry/events/source.ts'
import { createCollector, type Collector, type Piece } from '../collect.ts'
import type { Decode } from '../decode.ts'
import { gunzipFile } from '../gzip.ts'
import { FINGERPRINT_BYTES, fingerprintOf, headMatches, readGzipHead, readHead } from './fingerprint.ts'
import type { FileAccess, Identity, OpenHandle } from './open-path.ts'
import type { Fingerprint, Left, Position } from './schema.ts'

export interface ReadContext {
  /** As configured: origin of the alerts, whatever the name of the file they are read from. */
  readonly file: string
  readonly decode: Decode
  readonly events: SourceEvents
  readonly maxLineBytes: number
  readonly batchAlerts: number
  /** Chunks of so many bytes or more are given as blocks of lines. */
  readonly blockBytes: number
  /** Where plain files are read to; shared, as a chunk is taken apart before the next one is read. */
  readonly buffer: Buffer
  readonly access: FileAccess
}

export interface OpenOptions {
  readonly opened: OpenHandle
  readonly offset: number
  readonly gzip: boolean
  readonly dated: string | null
}

/** One open file and how far it is read. */
export interface OpenFile extends Identity {
  /** As an order key; null when it has no dated name. */
  readonly dated: string | null
  /** The next bytes as pieces; undefined at the end of what is there now. Throws what the file system throws. */
  read(): Promise<readonly Piece[] | undefined>
  /** What stands after the last newline, when no more will come. */
  finish(): readonly Piece[]
  /** False when the file begins with other bytes than before: cut to nothing and filled again. */
  unchanged(): Promise<boolean>
  /** Goes on at the beginning, after truncation. */
  rewind(): void
  at(offset: number): Position
  left(end: number): Left
  /** Offset after the last newline read. */
  position(): number
  /** Offset after the last byte read. */
  end(): number
  /** Bytes that are there and not read; 0 for a compressed file, where nobody knows. */
  lag(): Promise<number>
  /** Bytes that were seen to be there and are not read: what a truncation took at least. */
  unread(): number
  /** What ended the reading of a compressed file before its end; undefined while nothing did. */
  damage(): unknown
  /** Bytes of the file itself, packed or not, now. */
  size(): Promise<number>
  close(): Promise<void>
}

interface State {
  fingerprint: Fingerprint
  collector: Collector
  end: number
  /** The largest size seen. */
  seen: number
  damage: unknown
}

export async function openFile(options: OpenOptions, context: ReadContext): Promise<OpenFile> {
  const { opened, gzip, dated } = options
  const { handle, dev, ino } = opened
  const head = gzip
    ? await readGzipHead(handle, FINGERPRINT_BYTES)
    : await readHead(handle, FINGERPRINT_BYTES)
  const collector = (offset: number): Collector =>
    createCollector({ ...context, offset, unterminated: gzip ? 'line' : 'fragment' })
  const state: State = {
    fingerprint: fingerprintOf(head),
    collector: collector(options.offset),
    end: options.offset,
    seen: opened.size,
    damage: undefined,
  }
  const size = async (): Promise<number> => (await handle.stat()).size
  const bytes = gzip ? packedBytes(options, state) : plainBytes(options, context, state)
  const at = (offset: number): Position => ({ dev, ino, fingerprint: state.fingerprint, offset, dated })
  return {
    dev,
    ino,
    dated,
    read: async () => {
      const chunk = await bytes.next()
      if (chunk === undefined) return undefined
      state.end += chunk.length
      return state.collector.push(chunk)
    },
    finish: () => state.collector.finish(),
    unchanged: async () => headMatches(await readHead(handle, state.fingerprint.bytes), state.fingerprint),
    rewind: () => {
      state.fingerprint = fingerprintOf(Buffer.alloc(0))
      state.collector = collector(0)
      state.end = 0
      state.seen = 0
    },
    at,
    left: (end) => ({ ...at(gzip ? state.end : state.collector.position()), end }),
    position: () => state.collector.position(),
    end: () => state.end,
    lag: async () => {
      if (gzip) return 0
      state.seen = Math.max(state.end, await size())
      return state.seen - state.end
    },
    unread: () => (gzip ? 0 : Math.max(0, state.seen - state.end)),
    damage: () => state.damage,
    size,
    close: async () => {
      await bytes.stop()
      // A descriptor that has gone bad cannot be closed either.
      await handle.close().catch(() => undefined)
    },
  }
}

/** Gives the next bytes of a file, undefined at its end. */
interface Bytes {
  next(): Promise<Buffer | undefined>
  stop(): Promise<void>
}

function plainBytes({ opened }: OpenOptions, { buffer }: ReadContext, state: State): Bytes {
  return {
    next: async () => {
      const { bytesRead } = await opened.handle.read(buffer, 0, buffer.length, state.end)
      if (bytesRead === 0) return undefined
      if (state.fingerprint.bytes < FINGERPRINT_BYTES) {
        const head = await readHead(opened.handle, FINGERPRINT_BYTES)
        // Otherwise it was emptied since the last look, which `unchanged` is to find.
        if (headMatches(head, state.fingerprint)) state.fingerprint = fingerprintOf(head)
      }
      return buffer.subarray(0, bytesRead)
    },
    stop: () => Promise.resolve(),
  }
}

/** A damaged file ends where it is damaged. */
function packedBytes({ opened, offset }: OpenOptions, state: State): Bytes {
  const stream = gunzipFile(opened.handle)
  const iterator = stream[Symbol.asyncIterator]()
  let toSkip = offset
  let done = false
  const take = async (): Promise<Buffer | undefined> => {
    try {
      const next: IteratorResult<unknown> = await iterator.next()
      return next.done !== true && Buffer.isBuffer(next.value) ? next.value : undefined
    } catch (error) {
      if (systemErrorCode(error)?.startsWith('Z_') !== true) throw error
      state.damage = error
      return undefined
    }
  }
  return {
    next: async () => {
      while (!done) {
        const chunk = await take()
        done = chunk === undefined
        const rest = chunk?.subarray(toSkip)
        toSkip -= (chunk?.length ?? 0) - (rest?.length ?? 0)
        if (rest !== undefined && rest.length > 0) return rest
      }
      return undefined
    },
    stop: async () => {
      done = true
      await iterator.return?.()
      stream.destroy()
    },
  }
}
