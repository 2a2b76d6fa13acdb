/**
 * `npm run demo`: a real daemon follows an alerts.json that is written to as wazuh-analysisd writes, with a rotation in
 * the middle. The last line says what was read and found; the exit status is 1 when an alert was lost or when the
 * matches are not those of examples/expected.json. With `-- --keep` it goes on until Ctrl-C; `-- --misp` shows look-ups
 * at a MISP instead, which goes away and comes back (demo-misp.ts), `-- --opencti` look-ups at an OpenCTI and a copy of it
 * (demo-opencti.ts).
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { stringify } from 'yaml'
import { errorText } from '../src/core/errors.ts'
import type { Cli } from '../test/support/cli.ts'
import { EXAMPLE_ALERTS, EXAMPLE_FEEDS, exampleLines, expectedOfExamples } from '../test/support/examples.ts'
import { createLogWriter, sizeOf, type LogWriter } from '../test/support/log-writer.ts'
import {
  differences,
  FLUSH_EVERY,
  LIMIT_MS,
  LINE_EVERY_MS,
  matchRecords,
  ROOT,
  say,
  startDaemon,
  stopDaemon,
  type Totals,
} from './demo-daemon.ts'
import { runMispDemo } from './demo-misp.ts'
import { runOpenCtiDemo } from './demo-opencti.ts'

/** The daemon runs in the top folder: short paths in its lines. */
const FEEDS = relative(ROOT, EXAMPLE_FEEDS)

interface Demo {
  readonly folder: string
  readonly writer: LogWriter
  readonly daemon: Cli
  readonly lines: readonly string[]
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
  const daemon = startDaemon(config)
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

/** Prints the closing line; true when all is as it must be. */
async function conclude({ folder, lines }: Demo, totals: Totals): Promise<boolean> {
  const wrong = differences(await matchRecords(folder), expectedOfExamples().matches)
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
    if (!keeps) return await conclude(demo, await stopDaemon(demo.daemon))
    await keep(demo, interrupted)
    return true
  } finally {
    demo.daemon.kill('SIGKILL')
    demo.writer.close()
    await demo.daemon.ended
  }
}

function chosen(argv: readonly string[], folder: string, interrupted: AbortSignal): Promise<boolean> {
  if (argv.includes('--misp')) return runMispDemo(folder, interrupted)
  if (argv.includes('--opencti')) return runOpenCtiDemo(folder, interrupted)
  return run(folder, { keeps: argv.includes('--keep'), interrupted })
}

async function main(argv: readonly string[]): Promise<void> {
  const interruption = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interruption.abort())
  const folder = await mkdtemp(join(tmpdir(), 'tripline-demo-'))
  try {
    const { signal } = interruption
    if (!(await chosen(argv, folder, signal))) process.exitCode = 1
  } catch (error) {
    process.exitCode = 1
    const reason = interruption.signal.aborted ? 'interrupted' : errorText(error)
    process.stdout.write(`demo: failed: ${reason}\n`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

await main(process.argv.slice(2))
