import { Command, InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../core/units.ts'
import type { IntegrationOptions } from './integration-action.ts'
import type { CommandIo } from './io.ts'

const EXAMPLES = `
The scripts custom-opencti and custom-misp in deploy/wazuh/integrations run it when no daemon serves their spool. Key, URL
and whatever else Wazuh passes are not used: providers are those of the configuration, results go to its sinks of type
wazuh-queue and wazuh-log. Exit status: 0 when Wazuh was told all there is to tell, errors of providers among it: lines
are in the file, datagrams have left for its queue, which is waited for until the time-out. 1 when it could not be told
all of it, 2 on wrong usage or configuration.

Examples:
  tripline integration --config tripline.yaml --name custom-opencti /tmp/custom-opencti-1763719200-1.alert
`

export function integrationCommand(io: CommandIo): Command {
  return (
    new Command('integration')
      .description('look one alert up as an integration of Wazuh, without a daemon')
      .argument('<alert>', 'the file with the alert', aPath)
      .argument('[rest...]', 'what Wazuh passes beside it: only the word debug means something')
      .option('--config <file>', 'the configuration file (else TRIPLINE_CONFIG, else none)')
      .option('--name <integration>', 'custom-opencti or custom-misp: whose events tell of errors', '')
      .addOption(
        new Option('--timeout <duration>', 'for all of it')
          .argParser(aTimeout)
          .default(DEFAULT_TIMEOUT_MS, '10s'),
      )
      // A key that begins with a dash would stand in the error message.
      .allowUnknownOption()
      .addHelpText('after', EXAMPLES)
      .action(async (alertFile: string, rest: readonly string[], options: IntegrationOptions) => {
        const { integrate } = await import('./integration-action.ts')
        await integrate({ alertFile, rest }, options, io)
      })
  )
}

const DEFAULT_TIMEOUT_MS = 10_000
/** Wazuh waits for as long as it takes, with every other integration behind it. */
const MOST_MS = 300_000

function aPath(value: string): string {
  if (value === '') throw new InvalidArgumentError('expected a path')
  return value
}

function aTimeout(value: string): number {
  const ms = parseDuration(value)
  if (ms === undefined || ms < 100 || ms > MOST_MS)
    throw new InvalidArgumentError('expected a duration with a unit, 100ms to 300s: 10s')
  return ms
}
