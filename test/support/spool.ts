import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import type { Alert } from '../../src/core/alert.ts'
import type { Batch, Notice, Source } from '../../src/core/ports.ts'
import { createDecoder } from '../../src/sources/decode.ts'
import { spoolConfig } from '../../src/sources/spool/config.ts'
import { createSpoolSource } from '../../src/sources/spool/spool.ts'
import { manualClock, type ManualClock } from './clock.ts'
import { recordedTelemetry, type RecordedTelemetry } from './telemetry.ts'
import { giveToNobody } from './unprivileged.ts'
import { temporaryFolder, type TemporaryFolder } from './wazuh-file.ts'

const decode = await createDecoder()

/** A source over a real folder, pulled by hand. */
export interface RunningSpool {
  readonly source: Source
  readonly telemetry: RecordedTelemetry
  readonly clock: ManualClock
  readonly notices: Notice[]
  /** Pulls the next batch; undefined when the source has ended. */
  next(): Promise<Batch | undefined>
  /** Pulls until that many alerts have come; acknowledges unless told not to. */
  take(alerts: number, acknowledge?: boolean): Promise<readonly Alert[]>
  /** Lets time pass, that long at a time, until something is so. */
  until(isSo: () => boolean, stepMs?: number): Promise<void>
  /** As `take`, while time passes. */
  takeInTime(alerts: number, stepMs?: number): Promise<readonly Alert[]>
  /** Resolves when something of the source has gone to sleep for that long. */
  slept(ms: number): Promise<void>
  /** Resolves when the log has such a line. */
  logged(message: string): Promise<Record<string, unknown>>
  /** As the daemon does: no more reading, then the last removals. */
  stop(): Promise<void>
}

export interface Spool {
  readonly dir: string
  /** Puts a file into `new`, as a stub does, at some second. */
  put(second: number, text: string, integration?: string): string
  /** Where `put` puts a file. */
  path(second: number, integration?: string): string
  /** Names in one of the folders, in order. */
  list(folder: 'new' | 'tmp' | 'failed'): readonly string[]
  text(folder: 'failed', name: string): string
  start(settings?: Readonly<Record<string, unknown>>): RunningSpool
  counted(name: 'spool_files_failed_total' | 'spool_files_removed_total', reason: string): Promise<number>
}

/** A fresh folder for each test of a file, that of the user of `asNobody`; whatever runs is stopped after it. */
export function useSpool(): Spool {
  let folder: TemporaryFolder
  let running: RunningSpool[] = []
  beforeEach(() => {
    folder = temporaryFolder()
    giveToNobody(folder.path)
  })
  afterEach(async () => {
    for (const each of running) await each.stop()
    running = []
    folder.remove()
  })
  const dir = (): string => join(folder.path, 'spool')
  const pathOf: Spool['path'] = (second, integration = 'custom-opencti') =>
    join(dir(), 'new', `${1_773_043_200 + second}.000000001.4711.${integration}`)
  return {
    get dir() {
      return dir()
    },
    path: pathOf,
    put: (second, text, integration) => {
      mkdirSync(join(dir(), 'new'), { recursive: true })
      const path = pathOf(second, integration)
      writeFileSync(path, text)
      return path
    },
    list: (name) => (existsSync(join(dir(), name)) ? readdirSync(join(dir(), name)).toSorted() : []),
    text: (name, file) => readFileSync(join(dir(), name, file), 'utf8'),
    start: (settings = {}) => {
      const started = startSpool({ dir: dir(), ...settings })
      running.push(started)
      return started
    },
    counted: async (name, reason) => {
      const metric = running.at(-1)?.telemetry.metrics
      return (await metric?.byReason(name))?.[reason] ?? 0
    },
  }
}

function startSpool(settings: Readonly<Record<string, unknown>>): RunningSpool {
  const clock = manualClock()
  const sleeps: number[] = []
  const telemetry = recordedTelemetry({
    ...clock,
    sleep: (ms, signal) => {
      sleeps.push(ms)
      return clock.sleep(ms, signal)
    },
  })
  const notices: Notice[] = []
  const source = createSpoolSource({
    id: 'spool',
    config: spoolConfig.parse({ type: 'spool', ...settings }),
    decode,
    telemetry,
    onNotice: (notice) => notices.push(notice),
  })
  const abort = new AbortController()
  const iterator = source.read(abort.signal)[Symbol.asyncIterator]()
  let pending: Promise<IteratorResult<Batch>> | undefined
  const next = async (): Promise<Batch | undefined> => {
    pending ??= iterator.next()
    const result = await pending
    pending = undefined
    return result.done === true ? undefined : result.value
  }
  const take: RunningSpool['take'] = async (wanted, acknowledge = true) => {
    const alerts: Alert[] = []
    while (alerts.length < wanted) {
      const batch = await next()
      if (batch === undefined) throw new Error(`The source ended after ${alerts.length} alerts`)
      alerts.push(...batch.alerts)
      if (acknowledge) batch.ack()
    }
    return alerts
  }
  const turnsUntil = async (isSo: () => boolean): Promise<void> => {
    // Whatever makes it so is under way: give it its turns.
    pending ??= iterator.next()
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
  }
  let stopped = false
  return {
    source,
    telemetry,
    clock,
    notices,
    next,
    take,
    takeInTime: async (wanted, stepMs = 500) => {
      const over = new AbortController()
      const alerts = take(wanted).finally(() => over.abort())
      while (!over.signal.aborted) await clock.advance(stepMs)
      return alerts
    },
    until: async (isSo, stepMs = 500) => {
      pending ??= iterator.next()
      while (!isSo()) await clock.advance(stepMs)
    },
    slept: (ms) => turnsUntil(() => sleeps.includes(ms)),
    logged: async (message) => {
      let line: Record<string, unknown> | undefined
      await turnsUntil(() => (line = telemetry.lines.find(({ msg }) => msg === message)) !== undefined)
      return line ?? {}
    },
    stop: async () => {
      if (stopped) return
      stopped = true
      abort.abort()
      await pending
      await iterator.return?.()
      await source.close()
    },
  }
}
