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
import { createHeldFiles, MAX_HELD, type HeldFiles } from './held.ts'
import { keepHouse } from './house.ts'
import { listFirst } from './list.ts'
import { DENIED_TEXT, malformedNotice, missingParts, missingText, POISON_TEXTS } from './malformed.ts'
import { integrationOf } from './names.ts'
import { createNews, type News } from './news.ts'
import { createPassedOver, type PassedOver } from './passed-over.ts'
import { createServed, type Served } from './served.ts'

/** Files read at the same time; each may have `maxAlertBytes`. */
const READ_AT_ONCE = 8
/** A batch is given away when its files have so many bytes, however few alerts they hold. */
const BATCH_BYTES = 1024 ** 2

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
  readonly passedOver: PassedOver
  readonly served: Served
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
    passedOver: createPassedOver(),
    served: createServed(
      {
        dir: config.dir,
        maxFiles: config.maxFiles,
        maxOutageMs: config.maxOutage,
        clock: telemetry.clock,
      },
      events,
    ),
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
  const kept = keepHouse({ ...self, clock: telemetry.clock }, AbortSignal.any([signal, reading.signal]))
  try {
    while (!signal.aborted) {
      news.looking()
      const names = await look(self)
      const gained = yield* handOut(self, batches, { names, signal })
      if (signal.aborted) return
      if (names.length === 0) await news.next(signal)
      else if (!gained || self.postponed) await telemetry.clock.sleep(config.pollInterval, signal)
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
  const { folders, config, events, lines, held, passedOver, news } = self
  try {
    if (self.failed === undefined) {
      await prepareSpool(folders)
      self.failed = await openFailed(
        folders,
        { maxFiles: config.maxFailedFiles, maxBytes: config.maxFailedBytes },
        events,
      )
      news.watch(folders.fresh)
      const waiting = (await listFirst(folders.fresh, 1, () => true)).total
      await self.served.begin(waiting)
      events.opened(config.dir, waiting)
    }
    const { names, total } = await passedOver.during((isPassedOver) =>
      listFirst(folders.fresh, MAX_HELD, (name) => held.has(name) || isPassedOver(name)),
    )
    events.waiting(total)
    events.passedOver(passedOver.size())
    return names
  } catch (cause) {
    // Whatever is missing is made again.
    self.failed = undefined
    lines.unreadable(config.dir, unreadable(`The spool cannot be used: ${errorText(cause)}`, cause))
    return []
  }
}

const FOLDER_HINT = 'Give the folder to the user that runs Tripline; docs/spool.md has the owners and modes.'
const GROUP_HINT = 'Add the user of Tripline to group wazuh: usermod -aG wazuh <user>, then start it anew.'

function unreadable(message: string, cause: unknown, hint = FOLDER_HINT): AppError {
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
  const { folders, config, decode, events, passedOver } = self
  const path = join(folders.fresh, name)
  try {
    const file = await readAlertFile(path, { decode, maxBytes: config.maxAlertBytes })
    if (file.kind === 'denied') {
      passedOver.add(name, 'later')
      events.unreadable(path, unreadable(cannotBeRead(DENIED_TEXT), file.cause, GROUP_HINT))
    }
    // Taken away by somebody else, or its name is not UTF-8: then it is listed under one that it does not have.
    if (file.kind === 'gone' && passedOver.vanished(name)) events.nameless(path)
    return file
  } catch (cause) {
    events.unreadable(path, unreadable(cannotBeRead(errorText(cause)), cause))
    self.postponed = true
    return { kind: 'gone' }
  }
}

function cannotBeRead(why: string): string {
  return `A file of the spool cannot be read: ${why}`
}

/** False when it stays where it is. */
async function setAside(self: Self, name: string, reason: Poison): Promise<boolean> {
  const { failed, passedOver } = self
  notify(self, name, POISON_TEXTS[reason])
  if ((await failed?.setAside(name, reason)) === true) return true
  passedOver.add(name, 'for good')
  return false
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
