import { readdirSync } from 'node:fs'
import type { Clock } from '../../../core/clock.ts'
import { rounded } from './tally.ts'

export interface Range {
  readonly before: number
  readonly peak: number
  readonly after: number
}

/** Names as in the report. */
export interface Usage {
  readonly cpu_seconds: number
  readonly cpu_percent_of_core: number
  readonly rss_bytes: Range
  readonly heap_bytes: Range
}

export interface UsageMeter {
  /** To be called once. The ranges end with what is used then. */
  end(): { readonly usage: Usage; readonly descriptors: Range | null }
}

const SAMPLE_EVERY_MS = 20

/** Measures this process until `end`. Peaks are those of samples: what comes and goes between two is not seen. */
export function startUsage(clock: Clock): UsageMeter {
  const memory = process.memoryUsage()
  const rss = startRange(memory.rss)
  const heap = startRange(memory.heapUsed)
  const files = openFiles()
  const descriptors = files === undefined ? undefined : startRange(files)
  const sample = (): void => {
    const now = process.memoryUsage()
    rss.see(now.rss)
    heap.see(now.heapUsed)
    descriptors?.see(openFiles() ?? 0)
  }
  const timer = setInterval(sample, SAMPLE_EVERY_MS)
  timer.unref()
  const started = clock.monotonic()
  const cpu = process.cpuUsage()
  return {
    end: () => {
      const { user, system } = process.cpuUsage(cpu)
      const seconds = (clock.monotonic() - started) / 1000
      clearInterval(timer)
      sample()
      const cpuSeconds = (user + system) / 1e6
      return {
        usage: {
          cpu_seconds: rounded(cpuSeconds),
          cpu_percent_of_core: seconds === 0 ? 0 : rounded((cpuSeconds / seconds) * 100),
          rss_bytes: rss.range(),
          heap_bytes: heap.range(),
        },
        descriptors: descriptors?.range() ?? null,
      }
    },
  }
}

function startRange(before: number): { see(value: number): void; range(): Range } {
  let peak = before
  let after = before
  return {
    see: (value) => {
      after = value
      peak = Math.max(peak, value)
    },
    range: () => ({ before, peak, after }),
  }
}

/** Linux (proc_pid_fd(5)); the one that reads the folder is counted each time. */
function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return undefined
  }
}
