import { runDaemon } from '../app/daemon.ts'
import { systemClock } from '../core/clock.ts'
import { appEvents } from '../telemetry/events/app.ts'
import { createHealth } from '../telemetry/health.ts'
import { createLogger } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/registry.ts'
import { EXIT, type CommandIo } from './io.ts'
import { load } from './shared.ts'

export interface RunOptions {
  readonly config?: string
}

interface RunIo extends CommandIo {
  /** Called when all is loaded and work begins. */
  onLoaded(): void
}

export async function run(options: RunOptions, io: RunIo): Promise<void> {
  const { config, warnings } = await load(options.config, io)
  const { level, format } = config.log
  const json = format === 'json' || (format === 'auto' && io.stderr.isTTY !== true)
  const logger = createLogger({ level, format: json ? 'json' : 'text' })
  const metrics = createMetrics()
  const health = createHealth(systemClock, metrics)
  const telemetry = { logger, metrics, clock: systemClock, health }
  const events = appEvents(telemetry)
  for (const { setting, message } of warnings) events.warned(setting, message)
  const { stdout, version, env } = io
  io.onLoaded()
  const late = await runDaemon({ config, telemetry, stdout, version, env }, io.signal)
  if (late.length === 0) return
  io.setExitCode(EXIT.failure)
  io.abandon()
}
