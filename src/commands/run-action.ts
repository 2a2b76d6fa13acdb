import { runDaemon } from '../app/daemon.ts'
import type { Config } from '../config/schema.ts'
import { systemClock } from '../core/clock.ts'
import { appEvents } from '../telemetry/events/app.ts'
import { createHealth } from '../telemetry/health.ts'
import { createLogger, type Logger } from '../telemetry/logger.ts'
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
  const logger = await loggerOf(config.log, io.stderr.isTTY === true)
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

async function loggerOf({ level, format }: Config['log'], isTerminal: boolean): Promise<Logger> {
  if (format === 'json' || (format === 'auto' && !isTerminal)) return createLogger({ level })
  const { textLines } = await import('../telemetry/text-lines.ts')
  return createLogger({ level, textOf: textLines({ colorize: isTerminal }) })
}
