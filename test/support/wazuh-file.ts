import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import type { Alert } from '../../src/core/alert.ts'
import type { Clock } from '../../src/core/clock.ts'
import type { Batch } from '../../src/core/ports.ts'
import { createDecoder } from '../../src/sources/decode.ts'
import { wazuhFileConfig } from '../../src/sources/wazuh-file/config.ts'
import { createWazuhFileSource, type WazuhFileSource } from '../../src/sources/wazuh-file/wazuh-file.ts'
import { alertLine, createLogWriter, type LogWriter } from './log-writer.ts'
import { recordedTelemetry, type RecordedTelemetry } from './telemetry.ts'

/** Time passes only where the source sleeps between two polls, and then at once: polls cost nothing and can be counted. */
export interface PollClock extends Clock {
  polls(): number
}

/** Whoever sleeps as long as this does not poll: it is woken when the polls have taken that long. */
const BACKGROUND_MS = 1000

function pollClock(): PollClock {
  let polls = 0
  let now = 0
  let sleepers: { readonly at: number; readonly wake: () => void }[] = []
  const wakeDue = (): void => {
    const due = sleepers.filter(({ at }) => at <= now)
    sleepers = sleepers.filter(({ at }) => at > now)
    for (const { wake } of due) wake()
  }
  return {
    polls: () => polls,
    now: () => Date.UTC(2026, 2, 9, 8) + now,
    monotonic: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve()
        if (ms >= BACKGROUND_MS) {
          sleepers.push({ at: now + ms, wake: resolve })
          signal?.addEventListener('abort', () => resolve(), { once: true })
          return
        }
        polls += 1
        now += ms
        wakeDue()
        setImmediate(resolve)
      }),
  }
}

export interface Running {
  readonly source: WazuhFileSource
  readonly telemetry: RecordedTelemetry
  /** Every alert handed out so far. */
  readonly alerts: Alert[]
  /** Batches handed out and not acknowledged by `settle`, when it was told not to. */
  readonly open: Batch[]
  /** Pulls until the source has looked at its quiet files twice, or waits for acknowledgements. Acknowledges each batch unless told not to. */
  readonly settle: (acknowledge?: boolean) => Promise<readonly Alert[]>
  /** Aborts, then closes. */
  readonly stop: () => Promise<void>
  /** As a process that is killed: no last checkpoint. */
  readonly kill: () => Promise<void>
}

/** The source waits at this many batches that are not acknowledged: it polls no more. */
const MAX_OPEN = 64

const decode = await createDecoder()

/** Runs a source on real files, as the pipeline does: one pull at a time. */
export function runSource(
  stateDir: string,
  settings: Partial<Record<string, unknown>>,
  clock = pollClock(),
): Running {
  const telemetry = recordedTelemetry(clock)
  const config = wazuhFileConfig.parse({ type: 'wazuh-file', ...settings })
  const source = createWazuhFileSource({ id: 'wazuh', config, stateDir, decode, telemetry })
  const abort = new AbortController()
  const iterator = source.read(abort.signal)[Symbol.asyncIterator]()
  const alerts: Alert[] = []
  const open: Batch[] = []
  let pending: Promise<IteratorResult<Batch>> | undefined
  let ended = false

  const settle = async (acknowledge = true): Promise<readonly Alert[]> => {
    const until = clock.polls() + 2
    const from = alerts.length
    while (!ended && clock.polls() < until && open.length < MAX_OPEN) {
      pending ??= iterator.next()
      const result = await Promise.race([pending, tick()])
      if (result === undefined) continue
      pending = undefined
      if (result.done === true) ended = true
      else {
        alerts.push(...result.value.alerts)
        if (acknowledge) result.value.ack()
        else open.push(result.value)
      }
    }
    return alerts.slice(from)
  }
  const end = async (): Promise<void> => {
    abort.abort()
    await pending
    if (!ended) await iterator.return?.()
    ended = true
  }
  const stop = async (): Promise<void> => {
    await end()
    await source.close()
  }
  return { source, telemetry, alerts, open, settle, stop, kill: end }
}

function tick(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(() => resolve(undefined)))
}

/** The numbers `alertLine` gave. */
export function numbersOf(alerts: readonly Alert[]): readonly number[] {
  return alerts.map(({ id }) => Number(id.split('.')[1]))
}

export interface TemporaryFolder {
  readonly path: string
  remove(): void
}

export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'tripline-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}

type LineCounter = 'lines_skipped_total' | 'lines_repaired_total'

/** A fresh folder, a writer and at most one running source for each test. */
export interface WazuhFiles {
  folder(): string
  writer(): LogWriter
  /** Reads from the beginning unless told otherwise. */
  start(settings?: Record<string, unknown>): Running
  write(...numbers: readonly number[]): void
  logged(message: string): readonly Record<string, unknown>[]
  counted(name: LineCounter, reason: string): Promise<number>
}

export function useWazuhFiles(): WazuhFiles {
  let folder: TemporaryFolder
  let writer: LogWriter
  let running: Running | undefined
  beforeEach(() => {
    folder = temporaryFolder()
    writer = createLogWriter(folder.path)
  })
  afterEach(async () => {
    await running?.stop()
    running = undefined
    writer.close()
    folder.remove()
  })
  return {
    folder: () => folder.path,
    writer: () => writer,
    start: (settings = {}) => {
      running = runSource(folder.path, { files: [writer.path], startAt: 'beginning', ...settings })
      return running
    },
    write: (...numbers) => {
      for (const number of numbers) writer.line(alertLine(number))
    },
    logged: (message) => running?.telemetry.lines.filter(({ msg }) => msg === message) ?? [],
    counted: async (name, reason) => {
      const metric = await running?.telemetry.metrics.registry.getSingleMetric(`tripline_${name}`)?.get()
      return metric?.values.find(({ labels }) => labels['reason'] === reason)?.value ?? 0
    },
  }
}
