import { open, writeFile } from 'node:fs/promises'
import { Command, InvalidArgumentError } from 'commander'
import { hasProviders, nothingToMeasure, runBench, type Announcement } from '../app/bench/bench.ts'
import { planOf, type Against, type Wishes } from '../app/bench/plan.ts'
import { SUITE_NAMES, type BenchReport } from '../app/bench/schema.ts'
import { SUITES } from '../app/bench/suites.ts'
import type { Config } from '../config/schema.ts'
import { systemClock } from '../core/clock.ts'
import { AppError, errorText } from '../core/errors.ts'
import { plain, printable } from '../core/text.ts'
import { createBenchDisplay } from './bench-progress.ts'
import { reportText } from './bench-text.ts'
import { EXIT, type CommandIo } from './io.ts'
import { load } from './shared.ts'

const NAMES = SUITE_NAMES.map((name) => `  ${name.padEnd(14)} ${SUITES[name].about}`).join('\n')

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

interface Options extends Pick<Wishes, 'alerts' | 'seconds' | 'concurrency'> {
  readonly config?: string
  readonly fake?: true
  readonly seed: number
  readonly json?: true | string
}

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
    .action(async (suites: string[], options: Options) => {
      const against = await subjectOf(options, io)
      const plan = planOf({ ...options, suites }, against.kind)
      const file = await jsonFileOf(options)
      const display = createBenchDisplay(io.stderr, systemClock)
      let report: BenchReport
      try {
        report = await runBench({
          plan,
          config: against.config,
          clock: systemClock,
          version: io.version,
          signal: io.signal,
          onStart: (about) => {
            if (against.kind === 'configuration') announce(about, io)
          },
          onLoaded: display.loading,
          onProgress: display.progress,
        })
      } finally {
        display.stop()
      }
      const json = `${plain(JSON.stringify(report, undefined, 2))}\n`
      if (file !== undefined) await write(file, json)
      io.stdout.write(options.json === true ? json : reportText(report))
      if (!report.passed) io.setExitCode(EXIT.failure)
    })
}

interface Chosen {
  readonly kind: Against
  readonly config: Config
}

/** Own providers when some are configured, by a file or by variables; the fakes when nothing is. */
async function subjectOf({ config: file, fake }: Options, io: CommandIo): Promise<Chosen> {
  if (fake === true && file !== undefined)
    throw new AppError('CONFIG_INVALID', '--fake and --config are two different things to measure', {
      hint: 'Give one of them.',
    })
  if (fake === true) return { kind: 'fakes', config: (await load(undefined, { ...io, env: {} })).config }
  const { config } = await load(file, io)
  if (hasProviders(config)) return { kind: 'configuration', config }
  if (file !== undefined || (io.env['TRIPLINE_CONFIG'] ?? '').trim() !== '') throw nothingToMeasure()
  return { kind: 'fakes', config }
}

function announce({ providers, minutes }: Announcement, { stderr }: CommandIo): void {
  const asked = providers.map(
    ({ id, origin, most }) => `${id} at ${printable(origin)}, ${most.toLocaleString('en')} requests at most`,
  )
  const time = `It ends within ${minutes} minute${minutes === 1 ? '' : 's'}; Ctrl-C ends it early.`
  stderr.write(
    asked.length === 0
      ? `tripline: only feeds are configured: nobody is asked. ${time}\n`
      : `tripline: asks ${asked.join('; ')}. They are asked for documentation addresses (RFC 5737, RFC 3849), names below example.com, example.net and example.org, and made-up digests; no sightings are sent. ${time}\n`,
  )
}

/** The name of the file, which is tried before anything is measured; `--json performance` takes a suite for one. */
async function jsonFileOf({ json }: Options): Promise<string | undefined> {
  if (json === undefined || json === true) return undefined
  if (SUITE_NAMES.some((name) => name === json))
    throw new AppError('CONFIG_INVALID', `--json ${json} would write a file with the name of a suite`, {
      hint: 'Name the suites before --json, or write the file with its folder: ./report.json',
    })
  try {
    await (await open(json, 'a', 0o644)).close()
    return json
  } catch (cause) {
    throw unwritable(json, cause)
  }
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (cause) {
    throw unwritable(file, cause)
  }
}

function unwritable(file: string, cause: unknown): AppError {
  return new AppError('SINK_UNWRITABLE', `Cannot write ${printable(file)}: ${errorText(cause)}`, { cause })
}

function aNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number')
  return Number(text)
}

function numbers(text: string): readonly number[] {
  return text.split(',').map((part) => aNumber(part.trim()))
}
