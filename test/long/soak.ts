/**
 * `npm run soak -- [--minutes 30] [--rate 5000] [--indicators 100000] [--rotate 60] [--report .cache/soak.json]`: the built
 * daemon beside a writer at a steady rate with rotations. Memory and descriptors count as flat when the median of the last
 * third of the samples is not above that of the second third by more than 10 % and 8 MiB (4 descriptors); the slope is told.
 * Run `npm run build` before. The last line is the result; exit code 1 when something was lost or a bound is missed.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { generateFeed } from '../../bench/generate.ts'
import { parseJson } from '../../src/core/json.ts'
import { CLI } from '../support/cli.ts'
import { readOutput } from './crash/outputs.ts'
import { conclude, say, wholeNumber, type Outcome } from './report.ts'
import { idOf, PLANT_EVERY, plantedValues } from './soak/lines.ts'
import {
  committed,
  FLAT_KEYS,
  flatness,
  median,
  sample,
  type LoopDelay,
  type Sample,
} from './soak/samples.ts'
import type { Written } from './soak/writer.ts'

const SAMPLE_MS = 10_000
const SEED = 7
/** At the end, for what is not read yet. */
const CATCH_UP_MS = 60_000
/** A daemon that is behind by more than this at the median of the last third does not keep up. */
const MAX_LAG_S = 2
/** Of three samples each third has one. */
const MIN_SAMPLES = 9

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '5000' },
    indicators: { type: 'string', default: '100000' },
    rotate: { type: 'string', default: '60' },
    report: { type: 'string', default: '.cache/soak.json' },
  },
})
const rate = wholeNumber(values.rate, 'rate')
const alerts = rate * wholeNumber(values.minutes, 'minutes') * 60

function writeConfig(folder: string): string {
  const feed = join(folder, 'feed.txt')
  generateFeed({
    seed: SEED,
    count: wholeNumber(values.indicators, 'indicators'),
    path: feed,
    plant: plantedValues({ seed: SEED, alerts }),
  })
  const path = join(folder, 'tripline.yaml')
  const config = {
    stateDir: join(folder, 'state'),
    log: { level: 'info', format: 'json' },
    sources: { wazuh: { type: 'wazuh-file', files: [join(folder, 'alerts.json')], startAt: 'beginning' } },
    providers: { feed: { type: 'feed', feeds: [{ path: feed }] } },
    sinks: {
      matches: { type: 'match-log', path: join(folder, 'ioc-matched.log') },
      parsed: { type: 'parsed-log', path: join(folder, 'ioc-parsed.log'), maxSize: '256MiB' },
    },
  }
  writeFileSync(path, stringify(config))
  return path
}

interface Daemon {
  readonly child: ChildProcess
  readonly loop: () => LoopDelay | undefined
}

async function startDaemon(folder: string): Promise<Daemon> {
  const probe = new URL('./soak/loop-probe.mjs', import.meta.url).href
  const log = join(folder, 'tripline.log')
  const child = spawn(process.execPath, ['--import', probe, CLI, 'run', '--config', writeConfig(folder)], {
    stdio: ['ignore', 'ignore', openSync(log, 'w'), 'pipe'],
  })
  let loop: LoopDelay | undefined
  child.stdio[3]?.on('data', (line: Buffer) => {
    loop = parseJson(line.toString().trimEnd().split('\n').at(-1) ?? '') as LoopDelay | undefined
  })
  while (!readFileSync(log, 'utf8').includes('Tripline is running')) {
    if (child.exitCode !== null) throw new Error(readFileSync(log, 'utf8'))
    await pause(100)
  }
  return { child, loop: () => loop }
}

interface Soaked {
  readonly written: Written
  readonly samples: readonly Sample[]
  readonly caughtUp: boolean
}

async function soak(folder: string, { child, loop }: Daemon): Promise<Soaked> {
  const args = [folder, String(SEED), String(rate), String(alerts / rate), values.rotate]
  const writer = fork(fileURLToPath(new URL('./soak/writer.ts', import.meta.url)), args, {
    execArgv: ['--import', 'tsx'],
  })
  const checkpoint = join(folder, 'state', 'checkpoints', 'wazuh.json')
  const starts = new Map<string, number>()
  let written: Written = { alerts: 0, bytes: 0, ino: '', startsAt: 0, rotations: 0, done: false }
  writer.on('message', (message) => {
    written = message as Written
    starts.set(written.ino, written.startsAt)
  })
  await once(writer, 'message')
  const began = performance.now()
  const samples: Sample[] = []
  while (!written.done) {
    await pause(SAMPLE_MS)
    if (child.exitCode !== null || writer.exitCode === 1)
      throw new Error('The daemon or the writer ended by itself')
    if (written.done || !existsSync(checkpoint)) continue
    const taken = {
      ...sample(child.pid ?? 0, checkpoint, { written, starts, began }),
      heapMib: loop()?.heapMib ?? null,
      loop: loop() ?? null,
    }
    samples.push(taken)
    say(`${written.alerts} alerts ${JSON.stringify(taken)}`)
  }
  const deadline = performance.now() + CATCH_UP_MS
  const isCaughtUp = (): boolean => committed(checkpoint, starts) === written.bytes
  while (!isCaughtUp() && performance.now() < deadline) await pause(100)
  return { written, samples, caughtUp: isCaughtUp() }
}

function judge(folder: string, { written, samples, caughtUp }: Soaked, exitCode: number | null): Outcome {
  const problems: string[] = []
  const log = readFileSync(join(folder, 'tripline.log'), 'utf8').trimEnd().split('\n')
  const totals = parseJson(log.at(-1) ?? '') as {
    alertsRead?: number
    alertsDropped?: Record<string, number>
  }
  const duplicates = totals.alertsDropped?.['duplicate'] ?? 0
  if (exitCode !== 0) problems.push(`the daemon ended with ${exitCode}`)
  if (!caughtUp) problems.push('the daemon did not get to the end of what was written')
  if (totals.alertsRead !== written.alerts)
    problems.push(
      `${written.alerts} alerts were written and ${totals.alertsRead} read, ${duplicates} of them twice`,
    )
  const told = readOutput(join(folder, 'ioc-matched.log')).records.map(
    (record) => (record['alert'] as { id: string }).id,
  )
  const known = new Set(told)
  const planted = Array.from({ length: Math.ceil(written.alerts / PLANT_EVERY) }, (_, place) =>
    idOf(place * PLANT_EVERY),
  )
  const lost = planted.filter((id) => !known.has(id))
  if (lost.length > 0)
    problems.push(`${lost.length} planted matches were not reported: ${lost.slice(0, 5).join(', ')}`)
  if (samples.length < MIN_SAMPLES) problems.push(`${samples.length} samples are too few to judge by`)
  const flat = Object.fromEntries(FLAT_KEYS.map((key) => [key, flatness(samples, key)]))
  for (const [what, { isFlat, secondThird, lastThird }] of Object.entries(flat))
    if (!isFlat) problems.push(`${what} is not flat: ${secondThird}, then ${lastThird}`)
  const lags = samples.flatMap(({ lagBytes }) => (lagBytes === null ? [] : [lagBytes]))
  const second = (written.bytes / written.alerts) * rate
  if (median(lags.slice(-Math.ceil(lags.length / 3))) > MAX_LAG_S * second)
    problems.push('the daemon does not keep up')
  const errors = log.filter((line) => /^\{"level":[56]0/.test(line))
  if (errors.length > 0) problems.push(`the daemon logged ${errors.length} errors: ${errors[0]}`)
  const memory = flat['anonymousMib']
  const line = `soak: ${written.alerts} alerts at ${rate}/s, ${written.rotations} rotations, ${lost.length} of ${planted.length} planted lost, anonymous memory ${memory?.secondThird} then ${memory?.lastThird} MiB (${memory?.slopePerHour} MiB/h), ${problems.length === 0 ? 'all bounds held' : `${problems.length} problems`}`
  const most = {
    lagBytes: Math.max(...lags),
    checkpointAgeMs: Math.max(...samples.map((each) => each.checkpointAgeMs)),
  }
  return {
    line,
    problems,
    figures: { rate, written, totals, planted: planted.length, lost: lost.length, flat, most, samples },
  }
}

const folder = mkdtempSync(join(tmpdir(), 'tripline-soak-'))
const daemon = await startDaemon(folder)
try {
  const soaked = await soak(folder, daemon)
  const ended = once(daemon.child, 'exit')
  daemon.child.kill('SIGTERM')
  await ended
  conclude(values.report, judge(folder, soaked, daemon.child.exitCode))
} finally {
  daemon.child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}
