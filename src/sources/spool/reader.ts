import { join } from 'node:path'
import type { Alert } from '../../core/alert.ts'
import { AppError, errorText } from '../../core/errors.ts'
import type { ComponentId } from '../../core/indicator.ts'
import type { Batch, Source } from '../../core/ports.ts'
import { sourceEvents, type SourceEvents } from '../../telemetry/events/source.ts'
import { spoolEvents, type SpoolEvents } from '../../telemetry/events/spool.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import type { Decode } from '../decode.ts'
import { readAlertFile, type AlertFile, type Poison } from './alert-file.ts'
import { createBatches, type Batches } from './batches.ts'
import { openFailed, type FailedFiles } from './failed.ts'
import type { SpoolFolders } from './folders.ts'
import { createHeldFiles, MAX_HELD, type HeldFiles } from './held.ts'
import { keepHouse } from './house.ts'
import { listFirst } from './list.ts'
import { DENIED_TEXT } from './malformed.ts'
import { createNews, type News } from './news.ts'
import { createPassedOver, type PassedOver } from './passed-over.ts'
import type { Served } from './served.ts'

/** Files read at the same time; each may have `maxAlertBytes`. */
const READ_AT_ONCE = 8
/** A batch is given away when its files have so many bytes, however few alerts they hold. */
const BATCH_BYTES = 1024 ** 2

export interface SpoolReaderOptions {
  readonly id: ComponentId
  readonly folders: SpoolFolders
  readonly decode: Decode
  readonly telemetry: Telemetry
  readonly settings: SpoolReaderSettings
  readonly keeper: SpoolKeeper
}

/** Milliseconds and bytes, as in the settings of the source `spool`. */
export interface SpoolReaderSettings {
  readonly pollInterval: number
  readonly batchAlerts: number
  /** Larger files are set aside. */
  readonly maxAlertBytes: number
  readonly maxFailedFiles: number
  readonly maxFailedBytes: number
}

/** What differs between spools: who makes the folders, and who is told of what is in them. */
export interface SpoolKeeper {
  /** Makes what is missing. Rejects with a system error. */
  prepare(folders: SpoolFolders): Promise<void>
  /** Told how many files are there, when the folder is opened and every 10 s. */
  readonly served: Served
  /** What to do when the folder cannot be used, and when a file in it cannot be read. */
  readonly hints: { readonly folder: string; readonly file: string }
  /** A file is no alert, and is about to be set aside. */
  poison?(name: string, reason: Poison): void
  /** A file was read. */
  read?(name: string, alerts: readonly Alert[]): void
  /** These files are done, and gone. */
  removed?(names: readonly string[]): void
  /** The folder is about to be listed; gives what takes every name in it, and then the end. */
  listing?(): SpoolListing
}

export interface SpoolListing {
  saw(name: string): void
  end(): void
}

interface Self extends SpoolReaderOptions {
  readonly lines: SourceEvents
  readonly events: SpoolEvents
  readonly held: HeldFiles
  readonly passedOver: PassedOver
  readonly news: News
  failed: FailedFiles | undefined
  /** A file could not be read this time: it is there still, and is not to be asked for without a pause. */
  postponed: boolean
}

/**
 * Takes alerts from a folder, in the order of the files' names. A file is removed when everything in it is delivered: what
 * was not is read again by the next run. Never ends by itself; a folder that cannot be used is told and tried again.
 */
export function createSpoolReader(options: SpoolReaderOptions): Source {
  const { id, folders, settings, keeper, telemetry } = options
  const events = spoolEvents(telemetry, id)
  const held = createHeldFiles(folders.fresh, events, (names) => keeper.removed?.(names))
  const self: Self = {
    ...options,
    lines: sourceEvents(telemetry, id),
    events,
    held,
    passedOver: createPassedOver(),
    news: createNews(telemetry.clock, settings.pollInterval),
    failed: undefined,
    postponed: false,
  }
  return { id, read: (signal) => readBatches(self, signal), close: () => held.flush() }
}

async function* readBatches(self: Self, signal: AbortSignal): AsyncGenerator<Batch> {
  const { held, news, settings, telemetry, keeper } = self
  const batches = createBatches(held, { alerts: settings.batchAlerts, bytes: BATCH_BYTES })
  const reading = new AbortController()
  const house = { ...self, clock: telemetry.clock, served: keeper.served }
  const kept = keepHouse(house, AbortSignal.any([signal, reading.signal]))
  try {
    while (!signal.aborted) {
      news.looking()
      const names = await look(self)
      const gained = yield* handOut(self, batches, { names, signal })
      if (signal.aborted) return
      if (names.length === 0) await news.next(signal)
      else if (!gained || self.postponed) await telemetry.clock.sleep(settings.pollInterval, signal)
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
  const { folders, settings, keeper, events, lines, held, passedOver, news } = self
  try {
    if (self.failed === undefined) {
      await keeper.prepare(folders)
      self.failed = await openFailed(
        folders,
        { maxFiles: settings.maxFailedFiles, maxBytes: settings.maxFailedBytes },
        events,
      )
      news.watch(folders.fresh)
      const waiting = (await listFirst(folders.fresh, 1, () => true)).total
      await keeper.served.begin(waiting)
      events.opened(folders.dir, waiting)
    }
    const listing = keeper.listing?.()
    const { names, total } = await passedOver.during((isPassedOver) =>
      listFirst(folders.fresh, MAX_HELD, (name) => {
        listing?.saw(name)
        return held.has(name) || isPassedOver(name)
      }),
    )
    listing?.end()
    events.waiting(total)
    events.passedOver(passedOver.size())
    return names
  } catch (cause) {
    // Whatever is missing is made again.
    self.failed = undefined
    const message = `The spool cannot be used: ${errorText(cause)}`
    lines.unreadable(folders.dir, unreadable(message, cause, keeper.hints.folder))
    return []
  }
}

function unreadable(message: string, cause: unknown, hint: string): AppError {
  return new AppError('SOURCE_UNREADABLE', message, { cause, hint })
}

interface Listed {
  readonly names: readonly string[]
  readonly signal: AbortSignal
}

/** Gives whether anything came of these files: an alert, or one file less in the folder. */
async function* handOut(
  self: Self,
  batches: Batches,
  { names, signal }: Listed,
): AsyncGenerator<Batch, boolean> {
  const { held, events } = self
  let gained = false
  for (let at = 0; at < names.length; at += READ_AT_ONCE) {
    if (held.size() >= MAX_HELD) {
      yield* batches.rest()
      if (held.size() >= MAX_HELD) events.waits(held.size())
      while (held.size() >= MAX_HELD && !signal.aborted) await held.freed(signal)
    }
    const some = names.slice(at, at + READ_AT_ONCE)
    const files = await Promise.all(some.map((name) => readOne(self, name)))
    for (const [index, file] of files.entries()) {
      const name = some[index] ?? ''
      if (signal.aborted) return gained
      if (file.kind === 'poison' && (await setAside(self, name, file.reason))) gained = true
      if (file.kind !== 'alerts') continue
      gained = true
      told(self, name, file)
      for (const batch of batches.add({ name, ...file })) {
        yield batch
        if (signal.aborted) return gained
      }
    }
  }
  yield* batches.rest()
  return gained
}

/** `gone` also for what could not be read this time: it is listed again. */
async function readOne(self: Self, name: string): Promise<AlertFile> {
  const { folders, settings, keeper, decode, events, passedOver } = self
  const path = join(folders.fresh, name)
  try {
    const file = await readAlertFile(path, { decode, maxBytes: settings.maxAlertBytes })
    if (file.kind === 'denied') {
      passedOver.add(name, 'later')
      events.unreadable(path, unreadable(cannotBeRead(DENIED_TEXT), file.cause, keeper.hints.file))
    }
    // Taken away by somebody else, or its name is not UTF-8: then it is listed under one that it does not have.
    if (file.kind === 'gone' && passedOver.vanished(name)) events.nameless(path)
    return file
  } catch (cause) {
    events.unreadable(path, unreadable(cannotBeRead(errorText(cause)), cause, keeper.hints.folder))
    self.postponed = true
    return { kind: 'gone' }
  }
}

function cannotBeRead(why: string): string {
  return `A file of the spool cannot be read: ${why}`
}

/** False when it stays where it is. */
async function setAside(
  { keeper, failed, passedOver }: Self,
  name: string,
  reason: Poison,
): Promise<boolean> {
  keeper.poison?.(name, reason)
  if ((await failed?.setAside(name, reason)) === true) return true
  passedOver.add(name, 'for good')
  return false
}

function told(self: Self, name: string, { alerts, bytes, skipped }: AlertFile & { kind: 'alerts' }): void {
  const { lines, keeper, folders } = self
  lines.read(alerts.length, bytes)
  for (const reason of skipped) lines.skipped(reason, { file: join(folders.fresh, name), offset: 0 })
  keeper.read?.(name, alerts)
}
