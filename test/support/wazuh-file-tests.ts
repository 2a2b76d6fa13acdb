import { afterEach, beforeEach } from 'vitest'
import type { FileAccess } from '../../src/sources/wazuh-file/open-path.ts'
import { alertLine, createLogWriter, type LogWriter } from './log-writer.ts'
import { numbersOf, runSource, temporaryFolder, type Running, type TemporaryFolder } from './wazuh-file.ts'

type Counter = 'lines_skipped_total' | 'lines_repaired_total' | 'file_losses_total' | 'file_rotations_total'

/** A fresh folder, a writer and at most one running source for each test. */
export interface WazuhFiles {
  folder(): string
  writer(): LogWriter
  /** Reads from the beginning unless told otherwise. */
  start(settings?: Record<string, unknown>, access?: FileAccess): Running
  /** Stops what runs, and starts it again. */
  restart(settings?: Record<string, unknown>, access?: FileAccess): Promise<Running>
  /** Reads until there is nothing more: the numbers of all alerts of this run. */
  read(): Promise<readonly number[]>
  /** The same, for longer than the source waits for anything but a spoilt file. */
  readLong(): Promise<readonly number[]>
  write(...numbers: readonly number[]): void
  logged(message: string): readonly Record<string, unknown>[]
  health(): string | undefined
  counted(name: Counter, reason: string): Promise<number>
}

/** Looks of 250 ms. */
const LONG_LOOKS = 60

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
  const start = (settings: Record<string, unknown> = {}, access?: FileAccess): Running => {
    const all = { files: [writer.path], startAt: 'beginning', ...settings }
    running = runSource(folder.path, all, access === undefined ? {} : { access })
    return running
  }
  const read = async (looks?: number): Promise<readonly number[]> => {
    await running?.settle(true, looks)
    return numbersOf(running?.alerts ?? [])
  }
  return {
    folder: () => folder.path,
    writer: () => writer,
    start,
    restart: async (settings, access) => {
      await running?.stop()
      return start(settings, access)
    },
    read: () => read(),
    readLong: () => read(LONG_LOOKS),
    write: (...numbers) => {
      for (const number of numbers) writer.line(alertLine(number))
      writer.flush()
    },
    health: () => running?.telemetry.health.overall(),
    logged: (message) => running?.telemetry.lines.filter(({ msg }) => msg === message) ?? [],
    counted: async (name, reason) => {
      const metric = await running?.telemetry.metrics.registry.getSingleMetric(`tripline_${name}`)?.get()
      return metric?.values.find(({ labels }) => labels['reason'] === reason)?.value ?? 0
    },
  }
}
