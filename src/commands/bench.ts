import { Command, InvalidArgumentError } from 'commander'
import { ABOUT, SUITE_NAMES } from '../app/bench/names.ts'
import type { BenchOptions } from './bench-action.ts'
import type { CommandIo } from './io.ts'

const NAMES = SUITE_NAMES.map((name) => `  ${name.padEnd(14)} ${ABOUT[name]}`).join('\n')

const EXAMPLES = `
Suites, all of them when none is named:
${NAMES}

Without a configuration it works against built-in fakes of a MISP and an OpenCTI on loopback. Of your own providers it says
first how often it will ask whom at most. They are asked for documentation addresses, names below example.com, example.net
and example.org, and made-up digests, never for anything of yours; no sightings are sent. docs/bench.md has what the
numbers mean. Ctrl-C ends it with what was measured until then.
Exit status: 0 when every suite passed, 1 when one did not or it was interrupted, 2 on wrong usage or configuration.

Examples:
  tripline bench
  tripline bench performance scalability --alerts 5000 --concurrency 1,8,32
  tripline bench compatibility --config /etc/tripline/tripline.yaml
  tripline bench --config /etc/tripline/tripline.yaml --seconds 60 --json report.json
  tripline bench --fake --json | jq '.suites[] | {suite, passed}'
`

export function benchCommand(io: CommandIo): Command {
  return new Command('bench')
    .description('measure speed, memory and providers, against built-in fakes or your own configuration')
    .argument('[suite...]', 'what to measure')
    .option('--config <file>', 'measure its providers (else TRIPLINE_CONFIG, else what variables name)')
    .option('--fake', 'measure the built-in fakes, whatever is configured')
    .option('--alerts <number>', 'of performance, and at each level of scalability', aNumber)
    .option('--seconds <number>', 'of reliability', aNumber)
    .option('--concurrency <list>', 'alerts at a time, of scalability (default: 1,4,16)', numbers)
    .option('--seed <number>', 'other values in the alerts', aNumber, 1)
    .option('--json [file]', 'the report as JSON, to standard output or into a file beside the text')
    .addHelpText('after', EXAMPLES)
    .action(async (suites: string[], options: BenchOptions) => {
      const { bench } = await import('./bench-action.ts')
      await bench(suites, options, io)
    })
}

function aNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number')
  return Number(text)
}

function numbers(text: string): readonly number[] {
  return text.split(',').map((part) => aNumber(part.trim()))
}
