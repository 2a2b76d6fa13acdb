import { Command } from 'commander'
import type { DoctorCommandOptions } from './doctor-action.ts'
import type { CommandIo } from './io.ts'

const EXAMPLES = `
Looks at everything that Tripline needs and tells what is wrong and what to do: installation, configuration, alert files, state,
outputs, platforms, Wazuh's side; then runs alerts with planted values through the whole pipeline, in a temporary folder. Changes
nothing, and may run beside the daemon. Root looks on behalf of the user of the service, and sees Wazuh's side best.
Exit status: 0 when nothing failed (warnings included), 1 when something failed, 2 when there is no configuration that loads, or
on wrong usage.

Examples:
  tripline doctor --config /etc/tripline/tripline.yaml
  tripline doctor --config /etc/tripline/tripline.yaml --through-wazuh    a test event into Wazuh: raises an alert of level 3
  tripline doctor --config /etc/tripline/tripline.yaml --json | jq '.checks[].results[] | select(.status == "fail")'
`

export function doctorCommand(io: CommandIo): Command {
  return new Command('doctor')
    .description('tell what is wrong and what to do, and try the whole way with planted values')
    .option('--config <file>', 'the configuration file (else TRIPLINE_CONFIG, else none)')
    .option(
      '--user <name>',
      'as root: the user whose access is looked at (default: that of the unit, or tripline)',
    )
    .option('--through-wazuh', 'send a test event into Wazuh and wait for its alert')
    .option('--json', 'one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (options: DoctorCommandOptions) => {
      const { doctor } = await import('./doctor-action.ts')
      await doctor(options, io)
    })
}
