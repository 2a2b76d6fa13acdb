import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { withEither } from '../../../core/abort.ts'
import { createBell, type Bell } from '../../../core/bell.ts'
import { syncFolder } from '../../../core/sync-folder.ts'
import { createTurns } from '../../../core/turns.ts'
import type { QueueEvents } from '../../../telemetry/events/queue.ts'
import type { SinkEvents } from '../../../telemetry/events/sink.ts'
import { sinkError, stoppedError } from '../../errors.ts'
import { openFileWriter, type FileWriter } from '../../file-writer.ts'
import { entryLine, type OutboxEntry } from './entry.ts'
import { openPositionFile, type Position, type PositionFile } from './position.ts'
import { createReader, type Reader, type Waiting } from './reader.ts'
import { countLines, findSegments, segmentAt, type Segment } from './segments.ts'

/** A file is closed when it has so much, and removed when all of it is sent. */
const SEGMENT_BYTES = 8 * 1024 ** 2

export interface OutboxOptions {
  readonly folder: string
  readonly maxEntries: number
  readonly maxBytes: number
  /** Whether `add` waits for the disk. */
  readonly fsync: boolean
  readonly events: SinkEvents & QueueEvents
  /** The system's when absent. */
  readonly disk?: Disk
}

/** What is asked of the disk beside the writing itself; each rejects with the system's error. */
export interface Disk {
  readonly syncFolder: (folder: string) => Promise<void>
  readonly sizeOf: (path: string) => Promise<number>
}

const DISK: Disk = { syncFolder, sizeOf: async (path) => (await stat(path)).size }

/** A durable queue of files: one adds, one takes from the front. Entries removed may come again after a crash, none is lost. */
export interface Outbox {
  readonly waiting: Waiting
  /**
   * Resolves when all of them are durable; waits while there is no room. Rejects with SINK_FULL, SINK_UNWRITABLE, or when the
   * signal aborts or the outbox is closed: then none of them is in it.
   */
  add(entries: readonly OutboxEntry[], signal: AbortSignal): Promise<void>
  /** The oldest ones, some hundred at most, the same until they are removed. Empty when there are none. */
  next(): Promise<readonly OutboxEntry[]>
  /** Removes so many of what `next` gave. Never rejects. */
  remove(count: number): Promise<void>
  /** Resolves when there is something, or at abort. */
  filled(signal: AbortSignal): Promise<void>
  /** Resolves when all of it was removed, or at abort; whether it is empty. */
  emptied(signal: AbortSignal): Promise<boolean>
  /** Twice is once. `next` and `remove` are not called any more. */
  close(): Promise<void>
}

interface State extends OutboxOptions {
  readonly disk: Disk
  readonly segments: Segment[]
  readonly position: PositionFile
  readonly reader: Reader
  readonly changed: Bell
  /** The last segment, while it is appended to. */
  writing: Writing | undefined
  lastNumber: number
}

interface Writing {
  readonly segment: Segment
  readonly file: FileWriter
  /** Its name is on the disk. */
  isNamed: boolean
}

/** Opens the folder with what an earlier run left in it. Rejects with the system's error. */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const state = await load(options)
  const { reader, changed } = state
  const inTurn = createTurns()
  const closing = new AbortController()
  let closed: Promise<void> | undefined
  return {
    get waiting() {
      return reader.waiting()
    },
    add: (entries, signal) =>
      inTurn(() => withEither(signal, closing.signal, (either) => add(state, entries, either))),
    next: async () => {
      const entries = await reader.next()
      // What was damaged or taken away makes room, too.
      if (entries.length === 0) changed.ring()
      return entries
    },
    remove: (count) => remove(state, count),
    filled: async (signal) => {
      while (reader.isEmpty() && !signal.aborted) await changed.rung(signal)
    },
    emptied: async (signal) => {
      while (!reader.isEmpty() && !signal.aborted) await changed.rung(signal)
      return reader.isEmpty()
    },
    close: () => {
      closing.abort()
      closed ??= inTurn(() => close(state))
      return closed
    },
  }
}

async function load(options: OutboxOptions): Promise<State> {
  const { folder, events } = options
  await mkdir(folder, { recursive: true, mode: 0o750 })
  const position = await openPositionFile(join(folder, 'sent'))
  const found = await findSegments(folder)
  const from = position.initial ?? { segment: 0, offset: 0 }
  const left = found.filter((segment) => !isSent(segment, from))
  for (const segment of left) segment.unread = await countLines(segment, startIn(segment, from))
  for (const segment of found.filter((each) => !left.includes(each))) await rm(segment.path, { force: true })
  const segments = [...left]
  const reader = createReader({ segments, position, events })
  events.restored(reader.waiting().entries)
  return {
    ...options,
    disk: options.disk ?? DISK,
    segments,
    position,
    reader,
    changed: createBell(),
    writing: undefined,
    lastNumber: Math.max(from.segment, ...found.map(({ number }) => number)),
  }
}

function isSent({ number, bytes }: Segment, { segment, offset }: Position): boolean {
  return number < segment || (number === segment && offset >= bytes) || bytes === 0
}

function startIn({ number }: Segment, { segment, offset }: Position): number {
  return number === segment ? offset : 0
}

async function add(state: State, entries: readonly OutboxEntry[], signal: AbortSignal): Promise<void> {
  if (entries.length === 0) return
  const lines = entries.map(entryLine)
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0)
  await room(state, { entries: entries.length, bytes }, signal)
  if (signal.aborted) throw stoppedError(state.folder)
  const writing = await writingSegment(state)
  const { segment, file } = writing
  await named(state, writing)
  await file.append(lines, { signal })
  // They are in it now, whatever comes. The writer may have ended a torn line before them.
  segment.bytes = await state.disk.sizeOf(segment.path).catch(() => segment.bytes + bytes)
  segment.unread += entries.length
  if (segment.bytes >= SEGMENT_BYTES) await seal(state)
  state.changed.ring()
}

/** Before anything is in the file: what fails later would leave lines behind that were not taken. */
async function named({ fsync, folder, disk }: State, writing: Writing): Promise<void> {
  if (!fsync || writing.isNamed) return
  try {
    await disk.syncFolder(folder)
  } catch (error) {
    throw sinkError(error, folder)
  }
  writing.isNamed = true
}

/** An empty outbox takes whatever comes: a delivery that is larger than the limits would wait for ever. */
async function room(
  { reader, maxEntries, maxBytes, changed, events }: State,
  more: Waiting,
  signal: AbortSignal,
): Promise<void> {
  const fits = (): boolean => {
    const { entries, bytes } = reader.waiting()
    return reader.isEmpty() || (entries + more.entries <= maxEntries && bytes + more.bytes <= maxBytes)
  }
  if (fits()) return
  events.slowed()
  while (!fits() && !signal.aborted) await changed.rung(signal)
}

async function writingSegment(state: State): Promise<Writing> {
  const { writing } = state
  if (writing !== undefined && (await isWhole(state.disk, writing.segment))) return writing
  await seal(state)
  const segment = segmentAt(state.folder, state.lastNumber + 1)
  const { fsync: sync, events } = state
  // Never rotated: its name is what tells its place.
  const file = await openFileWriter({ path: segment.path, maxBytes: Infinity, backups: 0, sync, events })
  state.lastNumber = segment.number
  state.segments.push(segment)
  state.writing = { segment, file, isNamed: false }
  return state.writing
}

/** False when somebody took it away or cut it: what is appended to another file of its name would not be found. */
async function isWhole({ sizeOf }: Disk, { path, bytes }: Segment): Promise<boolean> {
  const size = await sizeOf(path).catch(() => undefined)
  return size !== undefined && size >= bytes
}

async function seal(state: State): Promise<void> {
  const { writing } = state
  state.writing = undefined
  await writing?.file.close().catch((error: unknown) => state.events.notNoted(error))
}

async function remove(state: State, count: number): Promise<void> {
  const { reader, position, changed, events } = state
  const end = reader.drop(count)
  changed.ring()
  if (end === undefined) return
  try {
    await position.save(end)
    await removeSegments(state, end)
  } catch (error) {
    events.notNoted(error)
  }
}

/** Those that are sent whole, and are not appended to any more. */
async function removeSegments(state: State, end: Position): Promise<void> {
  for (let oldest = state.segments[0]; oldest !== undefined; oldest = state.segments[0]) {
    if (oldest === state.writing?.segment || !isSent(oldest, end)) return
    state.segments.shift()
    await rm(oldest.path, { force: true })
  }
}

async function close(state: State): Promise<void> {
  await seal(state)
  if (state.reader.isEmpty()) for (const { path } of state.segments.splice(0)) await rm(path, { force: true })
  await state.position.close()
}
