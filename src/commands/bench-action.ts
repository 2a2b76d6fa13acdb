import { open, writeFile } from 'node:fs/promises'
import { hasProviders, nothingToMeasure, runBench, type Announcement } from '../app/bench/bench.ts'
import { SUITE_NAMES } from '../app/bench/names.ts'
import { planOf, type Against, type Wishes } from '../app/bench/plan.ts'
import type { BenchReport } from '../app/bench/schema.ts'
import type { Config } from '../config/schema.ts'
import { systemClock } from '../core/clock.ts'
import { AppError, errorText } from '../core/errors.ts'
import { plain, printable } from '../core/text.ts'
import { createBenchDisplay } from './bench-progress.ts'
import { reportText } from './bench-text.ts'
import { EXIT, type CommandIo } from './io.ts'
import { load } from './shared.ts'

export interface BenchOptions extends Pick<Wishes, 'alerts' | 'seconds' | 'concurrency'> {
  readonly config?: string
  readonly fake?: true
  readonly seed: number
  readonly json?: true | string
}

export async function bench(suites: readonly string[], options: BenchOptions, io: CommandIo): Promise<void> {
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
}

interface Chosen {
  readonly kind: Against
  readonly config: Config
}

/** Own providers when some are configured, by a file or by variables; the fakes when nothing is. */
async function subjectOf({ config: file, fake }: BenchOptions, io: CommandIo): Promise<Chosen> {
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
async function jsonFileOf({ json }: BenchOptions): Promise<string | undefined> {
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
