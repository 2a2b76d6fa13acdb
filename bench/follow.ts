/**
 * How late a match is when a daemon follows a steady stream: `npx tsx bench/follow.ts [--rate 2000] [--seconds 60]
 * [--indicators 100000] [--core 0] [--out .cache/bench-follow.json]`.
 *
 * The daemon is bound to one core (taskset(1)), the writer to another. Every hundredth alert carries an indicator of its own. Prints
 * the time from the append of such an alert to its match in the log (asked: 250 ms for 99 in 100), how old the last alert in a
 * checkpoint is when that is written (asked: 1 s), and how much a crash would repeat. Run `npm run build` before.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { z } from 'zod'
import { generateAlerts, generateFeed, plantValues } from './generate.ts'

const { values: options } = parseArgs({
  options: {
    rate: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '60' },
    indicators: { type: 'string', default: '100000' },
    core: { type: 'string', default: '0' },
    out: { type: 'string', default: '.cache/bench-follow.json' },
  },
})

const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const SEED = 3
const PLANT_EVERY = 100
const TICK_MS = 5
const LOOK_MS = 50
/** At the beginning, while the compiler has not seen the code yet. */
const WARM_UP_S = 5
const ASKED_P99_MS = 250
const ASKED_LAG_MS = 1000
const CATCH_UP_MS = 60_000

const checkpointSchema = z.object({ files: z.array(z.object({ current: z.object({ offset: z.number() }) })) })
const recordSchema = z.object({ observable: z.object({ value: z.string() }) })

interface Append {
  /** Milliseconds since the epoch, before the write. */
  readonly at: number
  /** Bytes in the file after it. */
  readonly end: number
}

/** What is seen from outside, by and by. */
interface Seen {
  readonly appends: Append[]
  readonly appendedAt: Map<string, number>
  readonly latencies: number[]
  /** Of each checkpoint: how old the last alert in it was when it was written. */
  readonly lags: number[]
  /** At each look: the age of the oldest alert that is not in the checkpoint. */
  readonly repeats: number[]
}

function prepare(folder: string): { readonly lines: readonly string[]; readonly plant: readonly string[] } {
  const count = Number(options.rate) * Number(options.seconds)
  const plant = plantValues({ seed: SEED, count: Math.ceil(count / PLANT_EVERY) })
  const path = join(folder, 'prepared.jsonl')
  generateAlerts({ seed: SEED, count, path, plant, plantEvery: PLANT_EVERY })
  generateFeed({ seed: SEED, count: Number(options.indicators), path: join(folder, 'feed.txt'), plant })
  const config = {
    stateDir: join(folder, 'state'),
    log: { level: 'info', format: 'json' },
    sources: { wazuh: { type: 'wazuh-file', files: [join(folder, 'alerts.json')], startAt: 'beginning' } },
    providers: { feed: { type: 'feed', feeds: [{ path: join(folder, 'feed.txt') }] } },
    sinks: {
      matches: { type: 'match-log', path: join(folder, 'matched.log') },
      parsed: { type: 'parsed-log', path: join(folder, 'parsed.log') },
    },
  }
  writeFileSync(join(folder, 'tripline.yaml'), stringify(config), { mode: 0o600 })
  writeFileSync(join(folder, 'alerts.json'), '')
  writeFileSync(join(folder, 'matched.log'), '')
  return { lines: readFileSync(path, 'utf8').trimEnd().split('\n'), plant }
}

async function startDaemon(folder: string) {
  const log = join(folder, 'tripline.log')
  const run = [process.execPath, CLI, 'run', '--config', join(folder, 'tripline.yaml')]
  const daemon = spawn('taskset', ['-c', options.core, ...run], {
    stdio: ['ignore', 'ignore', openSync(log, 'w')],
  })
  while (!readFileSync(log, 'utf8').includes('Reading a file')) {
    if (daemon.exitCode !== null) throw new Error(readFileSync(log, 'utf8'))
    await pause(LOOK_MS)
  }
  return daemon
}

/** Reads what was added to the match log, at every tick: a match counts from the moment another process can read it. */
function watchMatches(folder: string, { appendedAt, latencies }: Seen): () => number {
  const file = openSync(join(folder, 'matched.log'), 'r')
  const block = Buffer.alloc(4 * 1024 * 1024)
  let rest = ''
  let found = 0
  return () => {
    const now = Date.now()
    const lines = (rest + block.toString('utf8', 0, readSync(file, block))).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const at = appendedAt.get(recordSchema.parse(JSON.parse(line)).observable.value)
      if (at === undefined) continue
      found += 1
      latencies.push(now - at)
    }
    return found
  }
}

function watchCheckpoint(folder: string, { appends, lags, repeats }: Seen): () => number {
  const path = join(folder, 'state', 'checkpoints', 'wazuh.json')
  let last = 0
  let place = 0
  return () => {
    if (!existsSync(path)) return 0
    const { mtimeMs } = statSync(path)
    const offset =
      checkpointSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).files[0]?.current.offset ?? 0
    while ((appends[place]?.end ?? Infinity) <= offset) place += 1
    const done = appends[place - 1]
    if (offset !== last && done !== undefined) lags.push(mtimeMs - done.at)
    last = offset
    const next = appends[place]
    if (next !== undefined) repeats.push(Date.now() - next.at)
    return offset
  }
}

function share(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN)
}

function spread(numbers: readonly number[]): {
  readonly p50: number
  readonly p99: number
  readonly most: number
} {
  return { p50: share(numbers, 0.5), p99: share(numbers, 0.99), most: share(numbers, 1) }
}

/** Writes at the rate asked for and looks at the outputs, until all planted alerts are told. */
async function follow(folder: string, { lines, plant }: ReturnType<typeof prepare>): Promise<Seen> {
  const seen: Seen = { appends: [], appendedAt: new Map(), latencies: [], lags: [], repeats: [] }
  const file = openSync(join(folder, 'alerts.json'), 'a')
  const lookAtMatches = watchMatches(folder, seen)
  const lookAtCheckpoint = watchCheckpoint(folder, seen)
  const began = Date.now()
  let end = 0
  let written = 0
  let lookedAt = began
  let deadline = Infinity
  while (lookAtMatches() < plant.length && Date.now() < deadline) {
    const at = Date.now()
    const due = Math.min(lines.length, Math.floor(((at - began) / 1000) * Number(options.rate)))
    if (due > written) {
      const warm = at - began > WARM_UP_S * 1000
      for (let number = written; number < due; number++)
        if (number % PLANT_EVERY === PLANT_EVERY - 1)
          seen.appendedAt.set(plant[Math.floor(number / PLANT_EVERY)] ?? '', warm ? at : Number.NaN)
      end += writeSync(file, `${lines.slice(written, due).join('\n')}\n`)
      seen.appends.push({ at, end })
      written = due
    } else if (written === lines.length) deadline = Math.min(deadline, at + CATCH_UP_MS)
    if (at - lookedAt > LOOK_MS) {
      lookAtCheckpoint()
      lookedAt = at
    }
    await pause(TICK_MS)
  }
  closeSync(file)
  return seen
}

function report(plant: readonly string[], { latencies, lags, repeats }: Seen): void {
  const warm = latencies.filter((ms) => !Number.isNaN(ms))
  const figures = {
    node: process.version,
    processors: cpus().length,
    rate: Number(options.rate),
    seconds: Number(options.seconds),
    indicators: Number(options.indicators),
    planted: plant.length,
    told: latencies.length,
    matchMs: spread(warm),
    checkpointLagMs: spread(lags),
    repeatedByCrashMs: spread(repeats),
    asked: { matchMsP99: ASKED_P99_MS, checkpointLagMs: ASKED_LAG_MS },
  }
  mkdirSync(dirname(options.out), { recursive: true })
  writeFileSync(options.out, `${JSON.stringify(figures, undefined, 2)}\n`)
  process.stdout.write(`${JSON.stringify(figures)}\n`)
  const { p50, p99, most } = figures.matchMs
  process.stdout.write(
    `follow: ${figures.told} of ${plant.length} matches told; after ${p50} ms, 99 in 100 after ${p99} ms (asked ${ASKED_P99_MS}), all after ${most} ms; checkpoint lag ${figures.checkpointLagMs.p50} ms, at most ${figures.checkpointLagMs.most} ms (asked ${ASKED_LAG_MS}); written to ${options.out}\n`,
  )
}

async function main(folder: string): Promise<void> {
  const other = cpus().length > 1 ? String((Number(options.core) + 1) % cpus().length) : options.core
  spawnSync('taskset', ['-cp', other, String(process.pid)])
  const prepared = prepare(folder)
  const daemon = await startDaemon(folder)
  try {
    report(prepared.plant, await follow(folder, prepared))
  } finally {
    const ended = once(daemon, 'exit')
    daemon.kill('SIGTERM')
    await ended
  }
}

const folder = mkdtempSync(join(tmpdir(), 'tripline-bench-'))
try {
  await main(folder)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
