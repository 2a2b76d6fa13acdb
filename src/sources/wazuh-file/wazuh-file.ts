import type { Batch, Source } from '../../core/ports.ts'
import { sourceEvents, type SourceEvents } from '../../telemetry/events/source.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import type { Decode } from '../decode.ts'
import { createAckQueue, type AckQueue } from './ack-queue.ts'
import { checkpointPath, loadCheckpoint, saveCheckpoint } from './checkpoint.ts'
import type { WazuhFileConfig } from './config.ts'
import { createFollower, type Follower } from './follow-file.ts'
import type { Part } from './follow-state.ts'
import { fileAccess, type FileAccess } from './open-path.ts'
import { applyUpdate, emptyRecord } from './record.ts'
import type { FileRecord } from './schema.ts'

/** Batches handed out and not yet safe: more and reading waits. */
const MAX_UNCOMMITTED = 64
/** How often the checkpoint is written while it changes; what a crash repeats at most, in time. */
const CHECKPOINT_MS = 1000

export interface WazuhFileOptions {
  readonly id: string
  readonly config: WazuhFileConfig
  readonly stateDir: string
  readonly decode: Decode
  readonly telemetry: Telemetry
  /** Reads of so many bytes or more are handed out as blocks of lines; absent: none. */
  readonly blockBytes?: number
  /** Tests put a file system with faults here. */
  readonly access?: FileAccess
}

/** Where reading of one file is. */
export interface FileStatus {
  readonly file: string
  /** Offset after the last line read (uncompressed bytes). */
  readonly position: number
  /** Bytes that are there and not read; at most a second old. */
  readonly lagBytes: number
}

export interface WazuhFileSource extends Source {
  status(): readonly FileStatus[]
}

interface Followed {
  readonly file: string
  readonly follower: Follower
  readonly queue: AckQueue
}

interface Self extends WazuhFileOptions {
  readonly events: SourceEvents
  readonly path: string
  /** What is acknowledged, by path: what the checkpoint says. */
  readonly records: Map<string, FileRecord>
  followed: readonly Followed[]
  status: readonly FileStatus[]
  changed: boolean
  /** Writes of the checkpoint, one after the other. */
  saving: Promise<void>
  /** Wakes the reader that waits for an acknowledgement. */
  wake: (() => void) | undefined
}

/**
 * Follows alert files of a Wazuh manager: at least once, in order within a file. Ends by itself only when every
 * configured file is a `.gz` and read. A checkpoint that cannot be written does not stop reading: after a crash
 * alerts come twice, none is lost. Never throws for a file that is missing or unreadable: it is told and tried again.
 */
export function createWazuhFileSource(options: WazuhFileOptions): WazuhFileSource {
  const self: Self = {
    ...options,
    events: sourceEvents(options.telemetry, options.id),
    path: checkpointPath(options.stateDir, options.id),
    records: new Map(),
    followed: [],
    status: [],
    changed: false,
    saving: Promise.resolve(),
    wake: undefined,
  }
  return {
    id: options.id,
    read: (signal) => readBatches(self, signal),
    status: () => self.status,
    close: () => save(self),
  }
}

/** After something was read more is likely soon; each look without anything doubles the wait, up to `pollInterval`. */
const FIRST_WAIT_MS = 50

async function* readBatches(self: Self, signal: AbortSignal): AsyncGenerator<Batch> {
  const { config, telemetry } = self
  self.followed = await openFollowers(self)
  const reading = new AbortController()
  const kept = keepHouse(self, AbortSignal.any([signal, reading.signal]))
  let waitMs = FIRST_WAIT_MS
  try {
    while (!signal.aborted) {
      let quiet = true
      let live = 0
      for (const followed of self.followed) {
        const step = await followed.follower.step()
        if (step.kind !== 'finished') live += 1
        if (step.kind !== 'parts') continue
        quiet = false
        yield* deliver(self, followed, step.parts, signal)
        if (signal.aborted) return
      }
      if (live === 0) return
      if (!quiet) waitMs = FIRST_WAIT_MS
      else {
        waitMs = Math.min(waitMs, config.pollInterval)
        await telemetry.clock.sleep(waitMs, signal)
        waitMs *= 2
      }
    }
  } finally {
    reading.abort()
    await kept
    for (const { follower } of self.followed) await follower.close()
  }
}

async function openFollowers(self: Self): Promise<readonly Followed[]> {
  const { config, events, decode, telemetry, path, blockBytes = Number.POSITIVE_INFINITY } = self
  const files = [...new Set(config.files)]
  const known = await loadCheckpoint(path, files, events)
  const { maxLineBytes, batchAlerts, readBytes, startAt, backfillDays } = config
  const access = self.access ?? fileAccess
  const buffer = Buffer.allocUnsafe(readBytes)
  return files.map((file) => {
    const record = known.get(file) ?? emptyRecord(file)
    const seen = known.has(file) || startAt === 'beginning'
    const follower = createFollower({
      context: { file, decode, events, maxLineBytes, batchAlerts, blockBytes, buffer, access },
      clock: telemetry.clock,
      record,
      resume: startAt === 'end' ? null : record.current,
      startAt: startAt !== 'end' && seen ? 'beginning' : 'end',
      backfillDays: startAt === 'end' || known.has(file) ? 0 : backfillDays,
    })
    if (known.has(file)) self.records.set(file, record)
    const queue = createAckQueue((update) => {
      self.records.set(file, applyUpdate(self.records.get(file) ?? emptyRecord(file), update))
      self.changed = true
    })
    return { file, follower, queue }
  })
}

async function* deliver(
  self: Self,
  { queue }: Followed,
  parts: readonly Part[],
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  for (const { update, ...lot } of parts) {
    if (lot.alerts.length === 0 && lot.block === undefined) {
      queue.pass(update)
      continue
    }
    await room(self, signal)
    if (signal.aborted) return
    const acked = queue.add(update)
    const ack = (): void => {
      acked()
      self.wake?.()
    }
    yield { ...lot, ack }
    // What was read and not handed out is not in the queue: the next run reads it again.
    if (signal.aborted) return
  }
}

async function room(self: Self, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && uncommitted(self) >= MAX_UNCOMMITTED) {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done)
        self.wake = undefined
        resolve()
      }
      self.wake = done
      signal.addEventListener('abort', done, { once: true })
    })
  }
}

function uncommitted(self: Self): number {
  return self.followed.reduce((sum, { queue }) => sum + queue.size(), 0)
}

/** Once a second, also while nobody asks for the next batch: the lag, and the checkpoint if it changed. */
async function keepHouse(self: Self, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await housekeep(self)
    await self.telemetry.clock.sleep(CHECKPOINT_MS, signal)
  }
}

async function housekeep(self: Self): Promise<void> {
  self.status = await Promise.all(
    self.followed.map(async ({ file, follower }) => ({ file, ...(await follower.progress()) })),
  )
  self.events.lag(self.status.reduce((sum, { lagBytes }) => sum + lagBytes, 0))
  await save(self)
}

function save(self: Self): Promise<void> {
  self.saving = self.saving.then(() => saveNow(self))
  return self.saving
}

async function saveNow(self: Self): Promise<void> {
  if (!self.changed) return
  self.changed = false
  try {
    await saveCheckpoint(self.path, [...self.records.values()])
    for (const { path, current } of self.records.values()) {
      if (current !== null) self.events.processed({ file: path, offset: current.offset })
    }
  } catch (error) {
    self.changed = true
    self.events.checkpointFailed(self.path, error)
  }
}
