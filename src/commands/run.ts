import { Command } from 'commander'
import { runDaemon } from '../app/daemon.ts'
import { systemClock } from '../core/clock.ts'
import { appEvents } from '../telemetry/events/app.ts'
import { createHealth } from '../telemetry/health.ts'
import { createLogger } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/registry.ts'
import { EXIT, type CommandIo } from './io.ts'
import { load } from './shared.ts'

const EXAMPLES = `
Works from environment variables alone, from a file alone, or both; variables win (docs/configuration.md). Stops at
SIGTERM or SIGINT within shutdownDeadline; a second signal ends it at once.

Examples:
  TRIPLINE_FEEDS=/etc/tripline/feeds tripline run
  tripline run --config /etc/tripline/tripline.yaml
`

export function runCommand(io: CommandIo): Command {
  return new Command('run')
    .description('follow the alert files and report matches: the daemon')
    .option('--config <file>', 'the configuration file (else TRIPLINE_CONFIG, else none)')
    .addHelpText('after', EXAMPLES)
    .action(async (options: { readonly config?: string }) => {
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
      const late = await runDaemon({ config, telemetry, stdout, version, env }, io.signal)
      if (late.length === 0) return
      io.setExitCode(EXIT.failure)
      io.abandon()
    })
}
