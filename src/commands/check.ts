import { Command } from 'commander'
import type { CheckOptions } from './check-action.ts'
import type { CommandIo } from './io.ts'

const EXAMPLES = `
Reads the configuration and its feeds, and looks at every file and folder it names, without starting anything. Exit
status: 0 when all is well (warnings included), 1 when something will not work, 2 when the configuration is wrong.

Examples:
  tripline check --config /etc/tripline/tripline.yaml
  sudo -u tripline tripline check
`

export function checkCommand(io: CommandIo): Command {
  return new Command('check')
    .description('check the configuration and the access to what it names, without starting')
    .option('--config <file>', 'the configuration file (else TRIPLINE_CONFIG, else none)')
    .option('--json', 'one JSON object a finding')
    .addHelpText('after', EXAMPLES)
    .action(async (options: CheckOptions) => {
      const { checkAll } = await import('./check-action.ts')
      await checkAll(options, io)
    })
}
