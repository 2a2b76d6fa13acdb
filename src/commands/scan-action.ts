import { SingleBar } from 'cli-progress'
import { openOffline, type Offline } from '../app/offline.ts'
import { examine, matchesOf, readAlerts, type AlertInput } from '../app/scan.ts'
import { isBrokenPipe } from '../app/output-error.ts'
import { createResultSink } from '../app/results.ts'
import type { Config } from '../config/schema.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { createInputReport, type InputReport } from './input-report.ts'
import type { IntelOptions } from './feed-option.ts'
import { EXIT, type CommandIo } from './io.ts'
import { configFor, hasIndicators, quietTelemetry, tellUnanswered } from './shared.ts'

export interface ScanOptions extends IntelOptions {
  readonly failOnMatch?: true
  readonly fullAlert?: true
  readonly text?: true
}

export async function scanFiles(
  files: readonly string[],
  options: ScanOptions,
  io: CommandIo,
): Promise<void> {
  const config = await configFor(options, io)
  const telemetry = quietTelemetry(io)
  const display = createDisplay(io)
  const offline = await openOffline({ config, telemetry, signal: io.signal, onLoaded: display.loading })
  const report = createInputReport(io)
  try {
    if (!hasIndicators(offline, io) && options.failOnMatch === true) return io.setExitCode(EXIT.failure)
    const counts = await scan({ config, files, offline, telemetry, options, io, display, report })
    display.summary(counts)
    const answered = tellUnanswered(counts.unanswered, io)
    if (io.signal.aborted || !report.complete() || !answered) io.setExitCode(EXIT.failure)
    else if (counts.matches > 0 && options.failOnMatch === true) io.setExitCode(EXIT.match)
  } finally {
    display.stop()
    await offline.close()
  }
}

interface Scan {
  readonly config: Config
  readonly files: readonly string[]
  readonly offline: Offline
  readonly telemetry: Telemetry
  readonly options: ScanOptions
  readonly io: CommandIo
  readonly display: Display
  readonly report: InputReport
}

interface Counts {
  alerts: number
  observables: number
  matches: number
  /** Alerts a provider could not be asked about in full. */
  unanswered: number
  seconds: number
}

async function scan(work: Scan): Promise<Counts> {
  const { config, files, offline, telemetry, options, io, display, report } = work
  const { clock } = telemetry
  const started = clock.monotonic()
  const counts: Counts = { alerts: 0, observables: 0, matches: 0, unanswered: 0, seconds: 0 }
  const sink = await createResultSink(io.stdout, telemetry, {
    text: options.text === true,
    fullAlert: options.fullAlert === true,
  })
  const input: AlertInput = {
    config,
    files,
    stdin: io.stdin,
    telemetry,
    signal: io.signal,
    onProgress: display.reading,
    onRead: (file, outcome) => {
      display.stop()
      report.tell(file, outcome)
    },
  }
  try {
    for await (const alerts of readAlerts(input)) {
      const { analyses, unanswered } = await examine(alerts, offline, io.signal)
      const { matches, observables } = matchesOf(analyses, offline, clock.now())
      counts.alerts += alerts.length
      counts.unanswered += unanswered
      counts.observables += observables
      counts.matches += matches.length
      if (matches.length > 0) await sink.write({ parsed: [], matches }, io.signal)
    }
  } catch (error) {
    if (!isBrokenPipe(error)) throw error
  } finally {
    await sink.close()
  }
  counts.seconds = (clock.monotonic() - started) / 1000
  return counts
}

interface Display {
  readonly loading: (indicators: number) => void
  readonly reading: (
    file: string,
    progress: { readonly readBytes: number; readonly totalBytes: number | undefined },
  ) => void
  summary(counts: Counts): void
  stop(): void
}

/** Progress and summary for a person; silent when standard error is no terminal. */
function createDisplay({ stderr }: CommandIo): Display {
  if (stderr.isTTY !== true)
    return {
      loading: () => undefined,
      reading: () => undefined,
      summary: () => undefined,
      stop: () => undefined,
    }
  let bar: SingleBar | undefined
  let current = ''
  const stop = (): void => {
    bar?.stop()
    bar = undefined
  }
  return {
    loading: (indicators) => void stderr.write(`\rloaded ${indicators.toLocaleString('en')} indicators `),
    reading: (file, { readBytes, totalBytes }) => {
      if (file !== current) {
        stop()
        if (current === '') stderr.write('\n')
        current = file
        bar = new SingleBar({
          format: '{bar} {percentage}% {file} ETA {eta_formatted}',
          stream: stderr,
          clearOnComplete: true,
        })
        bar.start(totalBytes ?? 0, 0, { file })
      }
      bar?.update(readBytes)
    },
    summary: ({ alerts, observables, matches, seconds }) => {
      stop()
      const rate = Math.round(alerts / Math.max(seconds, 0.001))
      const numbers = [alerts, observables, matches, rate].map((count) => count.toLocaleString('en'))
      stderr.write(
        `${numbers[0]} alerts, ${numbers[1]} observables, ${numbers[2]} matches in ${seconds.toFixed(1)} s (${numbers[3]} alerts/s)\n`,
      )
    },
    stop,
  }
}
