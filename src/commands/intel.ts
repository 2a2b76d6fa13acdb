import { Command } from 'commander'
import { providerStatuses } from '../app/intel-status.ts'
import { syncMirrors, type SyncResult } from '../app/intel-sync.ts'
import { systemClock } from '../core/clock.ts'
import { printable } from '../core/text.ts'
import { statusLine, statusObject, syncLine } from './intel-text.ts'
import { createSyncDisplay } from './intel-progress.ts'
import { EXIT, type CommandIo } from './io.ts'
import { load, quietTelemetry } from './shared.ts'

const EXAMPLES = `
Examples:
  tripline intel status --config /etc/tripline/tripline.yaml
  tripline intel sync --config /etc/tripline/tripline.yaml misp-main
`

const SYNC_EXAMPLES = `
Compares all events of each MISP with its local copy below stateDir and fetches what is different; the first time that is
everything. Of each OpenCTI all indicators are loaded. What was fetched is kept when it is interrupted. The daemon does this by
itself, so it must not be running.
Exit status: 0 when the copies are up to date, 1 when something could not be fetched, 2 on wrong usage or configuration.

Examples:
  sudo -u tripline tripline intel sync --config /etc/tripline/tripline.yaml
  tripline intel sync misp-main misp-partner
`

const STATUS_EXAMPLES = `
Reads what the daemon has written below stateDir; no provider is asked. States of a local copy: empty, partial (not all of the
platform is in it), fresh, stale (not brought up to date for mirror.staleAfter).

Examples:
  sudo -u tripline tripline intel status --config /etc/tripline/tripline.yaml
  tripline intel status --json | jq 'select(.state == "stale")'
`

interface Options {
  readonly config?: string
  readonly json?: true
}

const CONFIG_OPTION = ['--config <file>', 'the configuration file (else TRIPLINE_CONFIG, else none)'] as const

export function intelCommand(io: CommandIo): Command {
  return new Command('intel')
    .description('look after the local copies of threat-intelligence platforms')
    .addHelpText('after', EXAMPLES)
    .addCommand(syncCommand(io))
    .addCommand(statusCommand(io))
}

function syncCommand(io: CommandIo): Command {
  return new Command('sync')
    .description('fetch now what is new on the platforms, once')
    .argument('[provider...]', 'ids of providers (default: all with a local copy)')
    .option(...CONFIG_OPTION)
    .addHelpText('after', SYNC_EXAMPLES)
    .action(async (providers: string[], options: Options) => {
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
    })
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

function statusCommand(io: CommandIo): Command {
  return new Command('status')
    .description('show how fresh the local copies are')
    .option(...CONFIG_OPTION)
    .option('--json', 'one JSON object a provider')
    .addHelpText('after', STATUS_EXAMPLES)
    .action(async (options: Options) => {
      const { config } = await load(options.config, io)
      for (const status of await providerStatuses(config, systemClock.now()))
        io.stdout.write(
          options.json === true ? `${JSON.stringify(statusObject(status))}\n` : statusLine(status),
        )
    })
}
