import { providerStatuses } from '../app/intel-status.ts'
import { syncMirrors, type SyncResult } from '../app/intel-sync.ts'
import { systemClock } from '../core/clock.ts'
import { printable } from '../core/text.ts'
import { statusLine, statusObject, syncLine } from './intel-text.ts'
import { createSyncDisplay } from './intel-progress.ts'
import { EXIT, type CommandIo } from './io.ts'
import { load, quietTelemetry } from './shared.ts'

export interface IntelActionOptions {
  readonly config?: string
  readonly json?: true
}

export async function syncCopies(
  providers: readonly string[],
  options: IntelActionOptions,
  io: CommandIo,
): Promise<void> {
  const { config } = await load(options.config, io)
  const display = createSyncDisplay(io.stderr, systemClock)
  try {
    await syncMirrors({
      config,
      providers,
      telemetry: quietTelemetry(io),
      signal: io.signal,
      onProgress: display.progress,
      onEnd: (result) => {
        display.stop()
        tellEnd(result, io)
      },
    })
  } finally {
    display.stop()
  }
  if (io.signal.aborted) io.setExitCode(EXIT.failure)
}

function tellEnd(result: SyncResult, io: CommandIo): void {
  const { provider } = result
  if (result.kind === 'failed') {
    const { message, hint } = result.error
    io.stderr.write(`tripline: ${provider}: ${printable(message)}\n`)
    if (hint !== undefined) io.stderr.write(`${printable(hint)}\n`)
    io.setExitCode(EXIT.failure)
    return
  }
  io.stdout.write(syncLine(result))
  if (result.summary.of === 'event' && result.summary.skipped > 0) io.setExitCode(EXIT.failure)
}

export async function showStatus(options: IntelActionOptions, io: CommandIo): Promise<void> {
  const { config } = await load(options.config, io)
  for (const status of await providerStatuses(config, systemClock.now()))
    io.stdout.write(options.json === true ? `${JSON.stringify(statusObject(status))}\n` : statusLine(status))
}
