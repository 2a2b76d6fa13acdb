import { Command } from 'commander'
import type { Check } from '../app/doctor/checks.ts'
import { CHECKS } from '../app/doctor/checks.ts'
import { examine } from '../app/doctor/doctor.ts'
import { prepare, type DoctorOptions } from '../app/doctor/prepare.ts'
import { systemClock } from '../core/clock.ts'
import { doctorLines } from './doctor-text.ts'
import { EXIT, type CommandIo } from './io.ts'

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

interface Options extends Partial<DoctorOptions> {
  readonly json?: true
}

/** ECMA-48: carriage return, erase to the end of the line. */
const CLEAR_LINE = '\r\u001B[K'

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
    .action(async ({ json, throughWazuh = false, ...options }: Options) => {
      const { env, version, stdout, stderr, signal } = io
      const { context, left: hanging } = await prepare(
        { ...options, throughWazuh },
        { env, version, stdout, signal, clock: systemClock },
      )
      const isTerminal = stderr.isTTY === true
      const onCheck = ({ id }: Check, number: number): void =>
        void stderr.write(`${CLEAR_LINE}${number + 1} of ${CHECKS.length}: ${id} `)
      const { report, left } = await examine(context, signal, isTerminal ? { onCheck } : {})
      if (isTerminal) stderr.write(CLEAR_LINE)
      for (const line of json === true ? [JSON.stringify(report)] : doctorLines(report))
        stdout.write(`${line}\n`)
      if (left || hanging) io.abandon()
      if (context.configuration.kind !== 'loaded') io.setExitCode(EXIT.usage)
      else if (!report.ok || signal.aborted) io.setExitCode(EXIT.failure)
    })
}
