/**
 * `npm run demo`: a real daemon follows an alerts.json that is written to as wazuh-analysisd writes, with a rotation in
 * the middle. The last line says what was read and found; the exit status is 1 when an alert was lost or when the
 * matches are not those of examples/expected.json. With `-- --keep` it goes on until Ctrl-C.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'
import { styleText } from 'node:util'
import { stringify } from 'yaml'
import { z } from 'zod'
import { errorText } from '../src/core/errors.ts'
import { matchRecordSchema } from '../src/sinks/schema.ts'
import { startCli, type Cli } from '../test/support/cli.ts'
import {
  EXAMPLE_ALERTS,
  EXAMPLE_FEEDS,
  exampleLines,
  expectedOfExamples,
  matchLines,
  rowLines,
} from '../test/support/examples.ts'
import { createLogWriter, sizeOf, type LogWriter } from '../test/support/log-writer.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** The daemon runs in the top folder: short paths in its lines. */
const FEEDS = relative(ROOT, EXAMPLE_FEEDS)
/** Slow enough to look on, and for the daemon to see half-written lines. */
const LINE_EVERY_MS = 25
/** Lines between two flushes, as analysisd flushes once a second. */
const FLUSH_EVERY = 10
/** Longer than this, and something is wrong. */
const LIMIT_MS = 30_000

/** What the daemon says of itself in its last log line. */
const totalsSchema = z.object({
  msg: z.literal('Tripline stopped'),
  alertsRead: z.int(),
  observables: z.int(),
  matches: z.int(),
})
type Totals = z.infer<typeof totalsSchema>

interface Demo {
  readonly folder: string
  readonly writer: LogWriter
  readonly daemon: Cli
  readonly lines: readonly string[]
}

function say(text: string): void {
  process.stdout.write(`${process.stdout.isTTY ? styleText('cyan', text) : text}\n`)
}

function configOf(folder: string, alertsFile: string): string {
  return stringify({
    stateDir: join(folder, 'state'),
    log: { level: 'debug', format: 'json' },
    sources: { wazuh: { type: 'wazuh-file', files: [alertsFile], startAt: 'beginning' } },
    // The examples use documentation addresses, which are never looked up otherwise.
    policy: { lookUpSpecial: ['documentation'] },
    providers: { examples: { type: 'feed', feeds: [{ path: FEEDS }] } },
    sinks: {
      screen: { type: 'stdout', format: 'text' },
      matches: { type: 'match-log', path: join(folder, 'ioc-matched.log') },
      parsed: { type: 'parsed-log', path: join(folder, 'ioc-parsed.log') },
    },
  })
}

async function start(folder: string): Promise<Demo> {
  const writer = createLogWriter(folder)
  const config = join(folder, 'tripline.yaml')
  await writeFile(config, configOf(folder, writer.path))
  const daemon = startCli(['run', '--config', config], {
    cwd: ROOT,
    // Ctrl-C comes here alone, and the daemon is stopped the way systemd does it.
    detached: true,
    onStdout: (text) => void process.stdout.write(text),
  })
  return { folder, writer, daemon, lines: exampleLines() }
}

/** Appends the example alerts in blocks that end anywhere in a line, and rotates in the middle. */
async function append({ writer, daemon, lines }: Demo, signal: AbortSignal): Promise<void> {
  await daemon.logged('Reading a file')
  const middle = Math.floor(lines.length / 2)
  for (const [at, line] of lines.entries()) {
    if (at === middle) {
      say(`--- midnight: alerts.json is rotated (unlink, link to the next day's file) after ${at} alerts`)
      writer.rotate('day')
    }
    writer.line(line)
    if (at % FLUSH_EVERY === 0) writer.flush()
    await pause(LINE_EVERY_MS, undefined, { signal })
  }
  writer.flush()
  await daemon.logged('File rotation detected', { reason: 'swap' })
  await daemon.logged('Processed up to position', { offset: sizeOf(writer.dated()) })
}

/** Stops the daemon as systemd does; gives what it counted. */
async function stop({ daemon }: Demo): Promise<Totals> {
  daemon.kill('SIGTERM')
  const { code, signal } = await daemon.ended
  if (code !== 0) throw new Error(`the daemon ended with ${code ?? signal}\n${daemon.stderr()}`)
  return totalsSchema.parse(daemon.logs().at(-1))
}

/** What differs from the expectations, one line each. */
async function differences(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'ioc-matched.log'), 'utf8')
  const records = text.trimEnd().split('\n')
  const found = matchLines(records.map((line) => matchRecordSchema.parse(JSON.parse(line))))
  const expected = rowLines(expectedOfExamples().matches)
  return [
    ...expected.filter((line) => !found.includes(line)).map((line) => `missing match: ${line}`),
    ...found
      .filter((line, at) => !expected.includes(line) || found.indexOf(line) !== at)
      .map((line) => `unexpected match: ${line}`),
  ]
}

/** Prints the closing line; true when all is as it must be. */
async function conclude({ folder, lines }: Demo, totals: Totals): Promise<boolean> {
  const wrong = await differences(folder)
  for (const line of wrong) say(line)
  const lost = lines.length - totals.alertsRead
  const { alertsRead, observables, matches } = totals
  process.stdout.write(
    `demo: ${alertsRead} alerts read, ${observables} observables, ${matches} matches, ${lost} lost\n`,
  )
  return lost === 0 && wrong.length === 0
}

/** Until Ctrl-C, or until the daemon is ended by somebody else. */
async function keep({ folder, writer, daemon }: Demo, interrupted: AbortSignal): Promise<void> {
  say(`
Tripline goes on; Ctrl-C ends it and removes ${folder}. In another terminal:
  append alerts    sed 's/"agent":{"id":"/&9/' '${EXAMPLE_ALERTS}' >> '${writer.path}'
                   (of other agents: equal alerts and repeated matches are suppressed)
  see matches      tail -f '${join(folder, 'ioc-matched.log')}'
  see observables  tail -f '${join(folder, 'ioc-parsed.log')}'
  its settings     cat '${join(folder, 'tripline.yaml')}'
`)
  const end = (): void => daemon.kill('SIGTERM')
  interrupted.addEventListener('abort', end, { once: true })
  if (interrupted.aborted) end()
  await daemon.ended
}

interface Ways {
  readonly keeps: boolean
  readonly interrupted: AbortSignal
}

async function run(folder: string, { keeps, interrupted }: Ways): Promise<boolean> {
  const count = exampleLines().length
  say(`Tripline follows ${join(folder, 'alerts.json')}: ${count} example alerts are appended live,`)
  say(`matched against ${FEEDS}. Each line is a match.\n`)
  const limit = AbortSignal.timeout(LIMIT_MS)
  const demo = await start(folder)
  try {
    await append(demo, AbortSignal.any([interrupted, limit]))
    if (!keeps) return await conclude(demo, await stop(demo))
    await keep(demo, interrupted)
    return true
  } finally {
    demo.daemon.kill('SIGKILL')
    demo.writer.close()
    await demo.daemon.ended
  }
}

async function main(argv: readonly string[]): Promise<void> {
  const interruption = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interruption.abort())
  const folder = await mkdtemp(join(tmpdir(), 'tripline-demo-'))
  try {
    const good = await run(folder, { keeps: argv.includes('--keep'), interrupted: interruption.signal })
    if (!good) process.exitCode = 1
  } catch (error) {
    process.exitCode = 1
    const reason = interruption.signal.aborted ? 'interrupted' : errorText(error)
    process.stdout.write(`demo: failed: ${reason}\n`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

await main(process.argv.slice(2))
