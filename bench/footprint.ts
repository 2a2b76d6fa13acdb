/**
 * What operating a daemon takes: `npx tsx bench/footprint.ts [--only idle,rate,start,restart,commands] [--settle 60]
 * [--rate 500] [--seconds 60] [--rounds 5] [--copies DIR] [--out .cache/bench-footprint.json]`.
 *
 * Idle memory beside that of a bare Node; processor time and memory at a steady rate of alerts on 100,000 indicators; from the
 * start of the process until `/readyz` is well, with feeds of two sizes and with the copies of a MISP and of an OpenCTI with
 * a million indicators, their servers gone; time and memory of short commands. Making the copies takes some minutes each:
 * `--copies` keeps them for the next time. Run `npm run build` before.
 */
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { CLI } from '../test/support/cli.ts'
import { copyOf, PLATFORMS } from './footprint-copies.ts'
import {
  configure,
  cpuSecondsOf,
  memoryOf,
  startBareNode,
  startDaemon,
  stopped,
  type Memory,
  type Ready,
} from './footprint-processes.ts'
import { generateAlerts, generateFeed, plantValues } from './generate.ts'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'idle,rate,start,restart,commands' },
    settle: { type: 'string', default: '60' },
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '60' },
    rounds: { type: 'string', default: '5' },
    copies: { type: 'string' },
    out: { type: 'string', default: '.cache/bench-footprint.json' },
  },
})

const ASKED = {
  idleMib: 90,
  rateCpuPercent: 10,
  rateMib: 200,
  startMs: 2000,
  restartMs: 6000,
} as const
const SEED = 5
const SMALL = 20
const LARGE = 100_000
const COPIED = 1_000_000
/** One in so many alerts carries an indicator. */
const PLANT_EVERY = 1000
const PLANTED = 100
const TICK_MS = 100
/** At the beginning, while the compiler has not seen the code yet. */
const WARM_UP_S = 15

function say(what: string, value: string): void {
  process.stdout.write(`${what.padEnd(34)} ${value}\n`)
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

function memoryText({ resident, anonymous, file }: Memory): string {
  return `${resident} MiB resident (${anonymous} anonymous, ${file} of files)`
}

/** A folder with a feed of so many indicators. */
async function folderWith(parent: string, name: string, indicators: number, plant: readonly string[] = []) {
  const folder = join(parent, name)
  mkdirSync(folder)
  const feed = join(folder, 'feed.txt')
  generateFeed({ seed: SEED, count: indicators, path: feed, plant })
  const config = await configure(folder, { providers: { feed: { type: 'feed', feeds: [{ path: feed }] } } })
  return { folder, config }
}

async function idle(parent: string) {
  const { config } = await folderWith(parent, 'idle', SMALL)
  const bare = startBareNode()
  const daemon = await startDaemon(config)
  try {
    await pause(Number(options.settle) * 1000)
    const cpu = cpuSecondsOf(daemon.pid)
    await pause(Number(options.settle) * 1000)
    const figures = {
      daemon: memoryOf(daemon.pid),
      bareNode: memoryOf(bare.pid ?? 0),
      cpuPercent: percent(cpuSecondsOf(daemon.pid) - cpu, Number(options.settle)),
    }
    say(`idle (asked ${ASKED.idleMib} MiB)`, memoryText(figures.daemon))
    say('bare node', memoryText(figures.bareNode))
    say('idle, share of one core', `${figures.cpuPercent} %`)
    return figures
  } finally {
    await daemon.stop()
    await stopped(bare)
  }
}

function percent(cpuSeconds: number, seconds: number): number {
  return Math.round((cpuSeconds / seconds) * 1000) / 10
}

/** Appends at the rate asked for; `look` is called at each tick with the seconds since the start. */
async function append(
  path: string,
  lines: readonly string[],
  look: (seconds: number) => void,
): Promise<void> {
  const file = openSync(path, 'a')
  const began = performance.now()
  for (let written = 0; written < lines.length;) {
    await pause(TICK_MS)
    const seconds = (performance.now() - began) / 1000
    const due = Math.min(lines.length, Math.floor(seconds * Number(options.rate)))
    if (due > written) writeSync(file, `${lines.slice(written, due).join('\n')}\n`)
    written = due
    look(seconds)
  }
  closeSync(file)
}

async function rate(parent: string) {
  const plant = plantValues({ seed: SEED, count: PLANTED })
  const { folder, config } = await folderWith(parent, 'rate', LARGE, plant)
  const count = Number(options.rate) * (Number(options.seconds) + WARM_UP_S)
  const made = join(folder, 'made.json')
  generateAlerts({ seed: SEED, count, path: made, plant, plantEvery: PLANT_EVERY })
  const lines = readFileSync(made, 'utf8').trimEnd().split('\n')
  const daemon = await startDaemon(config)
  try {
    const cold = cpuSecondsOf(daemon.pid)
    let warm: { readonly cpu: number; readonly at: number } | undefined
    await append(join(folder, 'alerts.json'), lines, (at) => {
      if (warm === undefined && at >= WARM_UP_S) warm = { cpu: cpuSecondsOf(daemon.pid), at }
    })
    const cpu = cpuSecondsOf(daemon.pid)
    const { cpu: from = cold, at = 0 } = warm ?? {}
    const seconds = lines.length / Number(options.rate)
    const matches = readFileSync(join(folder, 'matched.log'), 'utf8').split('\n').length - 1
    const figures = {
      alertsPerSecond: Number(options.rate),
      indicators: LARGE,
      cpuPercent: percent(cpu - from, seconds - at),
      cpuPercentOfWarmUp: percent(from - cold, at),
      memory: memoryOf(daemon.pid),
      matches,
    }
    say(
      `${options.rate} alerts/s (asked ${ASKED.rateCpuPercent} %)`,
      `${figures.cpuPercent} % of one core, in the first ${WARM_UP_S} s ${figures.cpuPercentOfWarmUp} %; ${matches} matches`,
    )
    say(
      `${options.rate} alerts/s (asked ${ASKED.rateMib} MiB)`,
      `${memoryText(figures.memory)}, at most ${figures.memory.peak}`,
    )
    return figures
  } finally {
    await daemon.stop()
  }
}

interface Start extends Ready {
  readonly memory: Memory
}

/** Starts it some times; the one in the middle counts. */
async function starts(what: string, config: string): Promise<Start> {
  const rounds: Start[] = []
  for (let round = 0; round < Number(options.rounds); round++) {
    const daemon = await startDaemon(config)
    rounds.push({ ...daemon.ready, memory: memoryOf(daemon.pid) })
    await daemon.stop()
  }
  const middle = rounds.toSorted((a, b) => a.ms - b.ms)[Math.floor(rounds.length / 2)]
  if (middle === undefined) throw new Error('no rounds')
  const all = rounds.map(({ ms }) => ms).join(', ')
  say(
    what,
    `ready after ${middle.ms} ms (${all}), ${middle.cpuSeconds} s of processor time; at most ${middle.memory.peak} MiB`,
  )
  return middle
}

async function start(parent: string) {
  const small = await folderWith(parent, 'small', SMALL)
  const large = await folderWith(parent, 'large', LARGE)
  return {
    small: await starts(`start, ${SMALL} in a feed (asked ${ASKED.startMs} ms)`, small.config),
    large: await starts(`start, ${LARGE} in a feed`, large.config),
  }
}

async function restart(parent: string) {
  const figures: Partial<Record<(typeof PLATFORMS)[number], Start>> = {}
  for (const platform of PLATFORMS) {
    const config = await copyOf(platform, COPIED, options.copies ?? parent)
    figures[platform] = await starts(`restart, ${platform} (asked ${ASKED.restartMs} ms)`, config)
  }
  return figures
}

/** Of one command: the median, in milliseconds. */
function timed(args: readonly string[]): number {
  const times: number[] = []
  for (let round = 0; round < Number(options.rounds); round++) {
    const began = performance.now()
    const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' })
    if (status !== 0) throw new Error(`${args.join(' ')} ended with ${String(status)}`)
    times.push(performance.now() - began)
  }
  const ms = Math.round(median(times))
  say(
    `node ${args.map((each) => each.replace(CLI, 'tripline').replace(/^\/.*\//, '')).join(' ')}`,
    `${ms} ms`,
  )
  return ms
}

function commands(parent: string) {
  const feed = join(parent, 'commands.txt')
  generateFeed({ seed: SEED, count: SMALL, path: feed })
  return {
    bareNode: timed(['-e', '0']),
    version: timed([CLI, '--version']),
    help: timed([CLI, '--help']),
    lookup: timed([CLI, 'lookup', '--feed', feed, '192.0.2.1']),
  }
}

async function main(parent: string): Promise<void> {
  const wanted = options.only.split(',')
  const report = {
    node: process.version,
    processors: cpus().length,
    asked: ASKED,
    ...(wanted.includes('commands') ? { commands: commands(parent) } : {}),
    ...(wanted.includes('idle') ? { idle: await idle(parent) } : {}),
    ...(wanted.includes('rate') ? { rate: await rate(parent) } : {}),
    ...(wanted.includes('start') ? { start: await start(parent) } : {}),
    ...(wanted.includes('restart') ? { restart: await restart(parent) } : {}),
  }
  mkdirSync(dirname(options.out), { recursive: true })
  writeFileSync(options.out, `${JSON.stringify(report, undefined, 2)}\n`)
  process.stdout.write(`footprint: written to ${options.out}\n`)
}

const folder = mkdtempSync(join(tmpdir(), 'tripline-bench-'))
try {
  await main(folder)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
