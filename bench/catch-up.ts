/**
 * How fast a daemon catches up after downtime: `npx tsx bench/catch-up.ts [--alerts 1000000] [--indicators 100000] [--rounds 3]
 * [--out .cache/bench-catch-up.json]`.
 *
 * A first daemon leaves a checkpoint; then alerts are written over three rotated files while nobody runs. Round by round the bare
 * minimum is measured in this process (splitting the same bytes into lines and `JSON.parse`), then how long a daemon with both logs
 * takes from its first read to the match in the last alert. The ratio of the two is the result; asked are 0.25. `cpuRatio` compares
 * processor time instead, all threads counted. A million alerts are an hour at 280 a second; with fewer the time until the code is
 * compiled, on both threads, weighs more. Run `npm run build` before.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { startCli, type Cli } from '../test/support/cli.ts'
import { createLogWriter, type LogWriter } from '../test/support/log-writer.ts'
import { generateAlerts, generateFeed } from './generate.ts'
import { bareSplitAndParse } from './measure.ts'

const { values: options } = parseArgs({
  options: {
    alerts: { type: 'string', default: '1000000' },
    indicators: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
    out: { type: 'string', default: '.cache/bench-catch-up.json' },
  },
})

const ASKED = 0.25
const FILES = 3
const SEED = 1
/** In the last alert only. */
const LAST = 'last.catch-up-bench.net'
const PATIENCE_MS = 300_000
const LOOK_MS = 10

interface Places {
  readonly folder: string
  readonly logs: string
  readonly state: string
  readonly kept: string
  readonly matched: string
  readonly config: string
}

function placesIn(folder: string): Places {
  const at = (name: string): string => join(folder, name)
  const places = {
    folder,
    logs: at('logs'),
    state: at('state'),
    kept: at('kept'),
    matched: at('matched.log'),
    config: at('tripline.yaml'),
  }
  mkdirSync(places.logs)
  generateFeed({ seed: SEED, count: Number(options.indicators), path: at('feed.txt'), plant: [LAST] })
  const config = {
    stateDir: places.state,
    log: { level: 'debug', format: 'json' },
    sources: {
      wazuh: { type: 'wazuh-file', files: [join(places.logs, 'alerts.json')], startAt: 'beginning' },
    },
    providers: { feed: { type: 'feed', feeds: [{ path: at('feed.txt') }] } },
    sinks: {
      matches: { type: 'match-log', path: places.matched },
      parsed: { type: 'parsed-log', path: at('parsed.log'), maxSize: '1GiB' },
    },
  }
  writeFileSync(places.config, stringify(config), { mode: 0o600 })
  return places
}

/** The alerts of the downtime, in the order in which they are read; the first file has one more in front, read before. */
function makeAlerts(folder: string): Buffer {
  const path = join(folder, 'alerts.jsonl')
  generateAlerts({
    seed: SEED,
    count: Number(options.alerts),
    path,
    plant: [LAST],
    plantEvery: Number(options.alerts),
  })
  return readFileSync(path)
}

async function stopped(daemon: Cli): Promise<void> {
  daemon.kill('SIGTERM')
  const { code, stderr } = await daemon.ended
  if (code !== 0) throw new Error(stderr.slice(-2000))
}

/** One alert is read, so that there is a checkpoint, and all others are written when nobody runs. */
async function prepare(places: Places, alerts: Buffer): Promise<void> {
  const writer = createLogWriter(places.logs)
  writer.line('{"timestamp":"2026-03-09T08:00:00.000+0000","rule":{"level":5},"id":"1.1","data":{}}')
  writer.flush()
  const daemon = startCli(['run', '--config', places.config])
  await daemon.logged('Processed up to position')
  await stopped(daemon)
  writeParts(writer, alerts)
  cpSync(places.state, places.kept, { recursive: true })
}

function writeParts(writer: LogWriter, alerts: Buffer): void {
  let start = 0
  for (let part = 1; part <= FILES; part++) {
    const end =
      part === FILES ? alerts.length : alerts.indexOf(10, Math.floor((alerts.length * part) / FILES)) + 1
    for (let at = start; at < end; at += 1 << 20)
      writer.bytes(alerts.subarray(at, Math.min(end, at + (1 << 20))))
    start = end
    if (part < FILES) writer.rotate('part')
  }
  writer.close()
}

interface Taken {
  readonly seconds: number
  readonly cpuSeconds: number
}

/** Clock ticks a second on Linux (proc_pid_stat(5), fields 14 and 15). */
const TICKS = 100

/** Processor time of a process so far, all threads. */
function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

function bareOf(alerts: Buffer): Taken & { readonly perSecond: number } {
  const before = process.cpuUsage()
  const began = performance.now()
  const perSecond = bareSplitAndParse(alerts)
  const { user, system } = process.cpuUsage(before)
  return { perSecond, seconds: (performance.now() - began) / 1000, cpuSeconds: (user + system) / 1e6 }
}

/** From the first read to the match in the last alert. */
async function catchUp({ state, kept, folder, matched, config }: Places): Promise<Taken> {
  for (const path of [state, matched, join(folder, 'parsed.log')])
    rmSync(path, { recursive: true, force: true })
  cpSync(kept, state, { recursive: true })
  const daemon = startCli(['run', '--config', config])
  const { time } = await daemon.logged('Reading a file')
  const cpuAtStart = cpuSecondsOf(daemon.pid ?? 0)
  const deadline = performance.now() + PATIENCE_MS
  while (!readFileSync(matched, 'utf8').includes(LAST)) {
    if (performance.now() > deadline)
      throw new Error(`the last match did not come:\n${daemon.stderr().slice(-2000)}`)
    await pause(LOOK_MS)
  }
  const seconds = (Date.now() - Date.parse(String(time))) / 1000
  const cpuSeconds = cpuSecondsOf(daemon.pid ?? 0) - cpuAtStart
  await stopped(daemon)
  return { seconds, cpuSeconds }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

async function main(folder: string): Promise<void> {
  const places = placesIn(folder)
  const alerts = makeAlerts(folder)
  await prepare(places, alerts)
  const count = Number(options.alerts)
  const rounds: { bare: number; daemon: number; ratio: number; cpuRatio: number }[] = []
  for (let round = 0; round < Number(options.rounds); round++) {
    const bare = bareOf(alerts)
    const taken = await catchUp(places)
    rounds.push({
      bare: Math.round(bare.perSecond),
      daemon: Math.round(count / taken.seconds),
      ratio: Number((count / taken.seconds / bare.perSecond).toFixed(3)),
      cpuRatio: Number((bare.cpuSeconds / taken.cpuSeconds).toFixed(3)),
    })
    process.stdout.write(`round ${round + 1}: ${JSON.stringify(rounds.at(-1))}\n`)
  }
  const ratio = median(rounds.map((each) => each.ratio))
  const cpuRatio = median(rounds.map((each) => each.cpuRatio))
  const report = {
    node: process.version,
    processors: cpus().length,
    alerts: count,
    bytes: alerts.length,
    indicators: Number(options.indicators),
    files: FILES,
    rounds,
    bareAlertsPerSecond: median(rounds.map((each) => each.bare)),
    alertsPerSecond: median(rounds.map((each) => each.daemon)),
    ratio,
    cpuRatio,
    asked: ASKED,
  }
  mkdirSync(dirname(options.out), { recursive: true })
  writeFileSync(options.out, `${JSON.stringify(report, undefined, 2)}\n`)
  process.stdout.write(
    `catch-up: ${report.alertsPerSecond} alerts/s, bare ${report.bareAlertsPerSecond}/s, ratio ${ratio} (asked ${ASKED}), of processor time ${cpuRatio}; written to ${options.out}\n`,
  )
}

const folder = mkdtempSync(join(tmpdir(), 'tripline-bench-'))
try {
  await main(folder)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
