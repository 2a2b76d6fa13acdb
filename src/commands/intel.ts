import { Command } from 'commander'
import type { IntelActionOptions } from './intel-action.ts'
import type { CommandIo } from './io.ts'

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
    .action(async (providers: string[], options: IntelActionOptions) => {
      const { syncCopies } = await import('./intel-action.ts')
      await syncCopies(providers, options, io)
    })
}

function statusCommand(io: CommandIo): Command {
  return new Command('status')
    .description('show how fresh the local copies are')
    .option(...CONFIG_OPTION)
    .option('--json', 'one JSON object a provider')
    .addHelpText('after', STATUS_EXAMPLES)
    .action(async (options: IntelActionOptions) => {
      const { showStatus } = await import('./intel-action.ts')
      await showStatus(options, io)
    })
}
