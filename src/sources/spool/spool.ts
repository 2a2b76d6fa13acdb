import { join } from 'node:path'
import { AppError, errorText } from '../../core/errors.ts'
import type { ComponentId } from '../../core/indicator.ts'
import type { Batch, Notice, Source } from '../../core/ports.ts'
import { sourceEvents, type SourceEvents } from '../../telemetry/events/source.ts'
import { spoolEvents, type SpoolEvents } from '../../telemetry/events/spool.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import type { Decode } from '../decode.ts'
import { readAlertFile, type AlertFile, type Poison } from './alert-file.ts'
import { createBatches, type Batches } from './batches.ts'
import type { SpoolConfig } from './config.ts'
import { openFailed, type FailedFiles } from './failed.ts'
import { prepareSpool, spoolFolders, type SpoolFolders } from './folders.ts'
import { createHeldFiles, type HeldFiles } from './held.ts'
import { removeLeftovers } from './leftovers.ts'
import { listFirst } from './list.ts'
import { malformedNotice, missingParts, missingText, POISON_TEXTS } from './malformed.ts'
import { integrationOf } from './names.ts'
import { createNews, type News } from './news.ts'

/** Files handed out and not done; more and reading waits. Also the most names held of a folder. */
const MAX_HELD = 4096
/** Files read at the same time; each may have `maxAlertBytes`. */
const READ_AT_ONCE = 8
/** A batch is given away when its files have so many bytes, however few alerts they hold. */
const BATCH_BYTES = 1024 ** 2
/** How often files that are done and could not be removed are tried again, and the backlog is counted. */
const HOUSEKEEPING_MS = 10_000
/** Files that can neither be read as alerts nor be moved away; beyond that the first are tried again. */
const MAX_STUCK = 10_000

export interface SpoolOptions {
  readonly id: ComponentId
  readonly config: SpoolConfig
  readonly decode: Decode
  readonly telemetry: Telemetry
  /** Told of files and alerts that are not as they should be. */
  readonly onNotice?: (notice: Notice) => void
}

interface Self extends SpoolOptions {
  readonly folders: SpoolFolders
  readonly lines: SourceEvents
  readonly events: SpoolEvents
  readonly held: HeldFiles
  readonly stuck: Set<string>
  readonly news: News
  failed: FailedFiles | undefined
  /** A file could not be read this time: it is there still, and is not to be asked for without a pause. */
  postponed: boolean
}

/**
 * Takes alerts from a folder, in the order of the files' names. A file is removed when everything in it is delivered: what
 * was not is read again by the next run. Never ends by itself; a folder that cannot be used is told and tried again.
 */
export function createSpoolSource(options: SpoolOptions): Source {
  const { id, config, telemetry } = options
  const folders = spoolFolders(config.dir)
  const events = spoolEvents(telemetry, id)
  const held = createHeldFiles(folders.fresh, events)
  const self: Self = {
    ...options,
    folders,
    lines: sourceEvents(telemetry, id),
    events,
    held,
    stuck: new Set(),
    news: createNews(telemetry.clock, config.pollInterval),
    failed: undefined,
    postponed: false,
  }
  return { id, read: (signal) => readBatches(self, signal), close: () => held.flush() }
}

async function* readBatches(self: Self, signal: AbortSignal): AsyncGenerator<Batch> {
  const { held, news, config, telemetry } = self
  const batches = createBatches(held, { alerts: config.batchAlerts, bytes: BATCH_BYTES })
  const reading = new AbortController()
  const kept = keepHouse(self, AbortSignal.any([signal, reading.signal]))
  try {
    while (!signal.aborted) {
      news.looking()
      const names = await look(self)
      yield* handOut(self, batches, { names, signal })
      if (signal.aborted) return
      if (names.length === 0) await news.next(signal)
      else if (self.postponed) await telemetry.clock.sleep(config.pollInterval, signal)
      self.postponed = false
    }
  } finally {
    reading.abort()
    news.close()
    await kept
  }
}

/** The files to read now; none when the folder cannot be used. */
async function look(self: Self): Promise<readonly string[]> {
  const { folders, config, events, lines, held, stuck, news } = self
  try {
    if (self.failed === undefined) {
      await prepareSpool(folders)
      self.failed = await openFailed(
        folders,
        { maxFiles: config.maxFailedFiles, maxBytes: config.maxFailedBytes },
        events,
      )
      news.watch(folders.fresh)
      events.opened(config.dir, (await listFirst(folders.fresh, 1, () => true)).total)
    }
    const { names, total } = await listFirst(
      folders.fresh,
      MAX_HELD,
      (name) => held.has(name) || stuck.has(name),
    )
    events.waiting(total)
    return names
  } catch (cause) {
    // Whatever is missing is made again.
    self.failed = undefined
    lines.unreadable(config.dir, unreadable(`The spool cannot be used: ${errorText(cause)}`, cause))
    return []
  }
}

function unreadable(message: string, cause: unknown): AppError {
  const hint = 'Give the folder to the user that runs Tripline; docs/spool.md has the owners and modes.'
  return new AppError('SOURCE_UNREADABLE', message, { cause, hint })
}

interface Listed {
  readonly names: readonly string[]
  readonly signal: AbortSignal
}

async function* handOut(self: Self, batches: Batches, { names, signal }: Listed): AsyncGenerator<Batch> {
  const { held } = self
  for (let at = 0; at < names.length; at += READ_AT_ONCE) {
    if (held.size() >= MAX_HELD) {
      yield* batches.rest()
      while (held.size() >= MAX_HELD && !signal.aborted) await held.freed(signal)
    }
    const some = names.slice(at, at + READ_AT_ONCE)
    const files = await Promise.all(some.map((name) => readOne(self, name)))
    for (const [index, file] of files.entries()) {
      const name = some[index] ?? ''
      if (signal.aborted) return
      if (file.kind === 'poison') await setAside(self, name, file.reason)
      if (file.kind !== 'alerts') continue
      told(self, name, file)
      for (const batch of batches.add({ name, ...file })) {
        yield batch
        if (signal.aborted) return
      }
    }
  }
  yield* batches.rest()
}

/** `gone` also for what could not be read this time: it is listed again. */
async function readOne(self: Self, name: string): Promise<AlertFile> {
  const { folders, config, decode, lines } = self
  const path = join(folders.fresh, name)
  try {
    return await readAlertFile(path, { decode, maxBytes: config.maxAlertBytes })
  } catch (cause) {
    lines.unreadable(path, unreadable(`A file of the spool cannot be read: ${errorText(cause)}`, cause))
    self.postponed = true
    return { kind: 'gone' }
  }
}

async function setAside(self: Self, name: string, reason: Poison): Promise<void> {
  const { failed, stuck } = self
  notify(self, name, POISON_TEXTS[reason])
  if ((await failed?.setAside(name, reason)) === true) return
  if (stuck.size >= MAX_STUCK) stuck.clear()
  stuck.add(name)
}

/** Counts what was read, and tells of what is missing in it. */
function told(self: Self, name: string, { alerts, bytes, skipped }: AlertFile & { kind: 'alerts' }): void {
  const { lines, events, folders } = self
  const path = join(folders.fresh, name)
  lines.read(alerts.length, bytes)
  for (const reason of skipped) lines.skipped(reason, { file: path, offset: 0 })
  for (const alert of alerts) {
    const missing = missingParts(alert)
    if (missing.length === 0) continue
    events.incomplete(path, missing)
    notify(self, name, missingText(missing))
  }
}

function notify({ id, telemetry, onNotice }: Self, name: string, text: string): void {
  onNotice?.(
    malformedNotice({ text, provider: id, integration: integrationOf(name), at: telemetry.clock.now() }),
  )
}

async function keepHouse(self: Self, signal: AbortSignal): Promise<void> {
  const { telemetry, events, folders, held } = self
  while (!signal.aborted) {
    await removeLeftovers(folders.tmp, telemetry.clock, events)
    await telemetry.clock.sleep(HOUSEKEEPING_MS, signal)
    await held.flush()
    const found = await listFirst(folders.fresh, 1, () => true).catch(() => undefined)
    if (found !== undefined) events.waiting(found.total)
  }
}
