/**
 * A daemon that asks a fake MISP, at a steady rate of alerts:
 * `npx tsx bench/misp-rate.ts [--rate 500] [--seconds 120] [--fresh 0.3] [--latency 70] [--outage 0] [--mode online]`.
 *
 * Prints how late matches are after their alerts were written, what memory the daemon takes, how many requests it made and
 * whether every planted value was reported. With `--outage N` the MISP is gone for N seconds in the middle; then it also
 * prints how long after its return the last late match came. Run `npm run build` before.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { z } from 'zod'
import { matchRecordSchema, type MatchRecord } from '../src/sinks/schema.ts'
import { createAlertStream } from './misp-alerts.ts'

const { values: options } = parseArgs({
  options: {
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '120' },
    fresh: { type: 'string', default: '0.3' },
    latency: { type: 'string', default: '70' },
    outage: { type: 'string', default: '0' },
    mode: { type: 'string', default: 'online' },
  },
})

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MIB = 1024 * 1024
const TICK_MS = 50
/** The issue allows five minutes for what waited; a little more, so that falling short is seen. */
const RECOVERY_MS = 360_000

const serverState = z.object({ url: z.string(), key: z.string(), requests: z.number() })
type ServerState = z.infer<typeof serverState>

function say(what: string, value: string): void {
  process.stdout.write(`${what.padEnd(44)} ${value}\n`)
}

/** Sends a command to the server and waits for its answer. */
function tell(server: ChildProcess, command?: string): Promise<ServerState> {
  const answer = new Promise<ServerState>((resolve) => {
    server.once('message', (message) => resolve(serverState.parse(message)))
  })
  if (command !== undefined) server.send(command)
  return answer
}

function configOf(folder: string, { url, key }: ServerState): string {
  return stringify({
    stateDir: join(folder, 'state'),
    log: { level: 'info', format: 'json' },
    sources: { wazuh: { type: 'wazuh-file', files: [join(folder, 'alerts.json')], startAt: 'beginning' } },
    providers: { misp: { type: 'misp', mode: options.mode, url, apiKey: key } },
    sinks: { matches: { type: 'match-log', path: join(folder, 'matched.log') } },
  })
}

/** Resident and anonymous memory of a process in MiB (proc_pid_status(5)). */
function memoryOf(pid: number): { readonly resident: number; readonly anonymous: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1])
  return { resident: (kib('VmRSS') * 1024) / MIB, anonymous: (kib('RssAnon') * 1024) / MIB }
}

function recordsOf(folder: string): readonly MatchRecord[] {
  const text = readFileSync(join(folder, 'matched.log'), 'utf8')
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => matchRecordSchema.parse(JSON.parse(line)))
}

function share(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

interface Written {
  readonly alerts: number
  readonly planted: number
  readonly memory: readonly ReturnType<typeof memoryOf>[]
  /** When the MISP came back, milliseconds; 0 without an outage. */
  readonly backAt: number
}

/** Writes at the rate asked for, with the outage in the middle third. */
async function write(folder: string, server: ChildProcess, pid: number): Promise<Written> {
  const stream = createAlertStream({ seed: 1, fresh: Number(options.fresh), plantEvery: 50 })
  const file = openSync(join(folder, 'alerts.json'), 'a')
  const seconds = Number(options.seconds)
  const outage = Number(options.outage)
  const total = seconds + outage
  const memory: ReturnType<typeof memoryOf>[] = []
  const began = Date.now()
  let alerts = 0
  let phase: 'before' | 'down' | 'after' = 'before'
  let backAt = 0
  for (let elapsed = 0; elapsed < total * 1000; elapsed = Date.now() - began) {
    const due = Math.floor((elapsed / 1000) * Number(options.rate))
    let text = ''
    for (; alerts < due; alerts++) text += `${stream.next(Date.now())}\n`
    if (text !== '') writeSync(file, text)
    if (memory.length < elapsed / 1000) memory.push(memoryOf(pid))
    if (outage > 0 && phase === 'before' && elapsed > seconds * 500) {
      phase = 'down'
      await tell(server, 'down')
    } else if (phase === 'down' && elapsed > seconds * 500 + outage * 1000) {
      phase = 'after'
      await tell(server, 'up')
      backAt = Date.now()
    }
    await pause(TICK_MS)
  }
  closeSync(file)
  return { alerts, planted: stream.planted(), memory, backAt }
}

/** Waits until every planted value was reported, or for as long as recovery may take. */
async function settled(folder: string, planted: number): Promise<readonly MatchRecord[]> {
  const deadline = Date.now() + RECOVERY_MS
  for (;;) {
    const records = recordsOf(folder)
    const values = new Set(records.map(({ observable }) => observable.value))
    if (values.size >= planted || Date.now() > deadline) return records
    await pause(500)
  }
}

function report({ alerts, planted, memory, backAt }: Written, records: readonly MatchRecord[]): void {
  const values = new Set(records.map(({ observable }) => observable.value))
  const late = records.filter(({ match }) => match.delayed === true)
  const lags = records
    .filter(({ match }) => match.delayed !== true)
    .map(({ timestamp, alert }) => Date.parse(timestamp) - Date.parse(alert.time ?? timestamp))
    .toSorted((a, b) => a - b)
  say('alerts written', String(alerts))
  say('planted values reported', `${values.size} of ${planted}`)
  say('matches, twice reported', `${records.length}, ${records.length - values.size}`)
  say('lag of a match: median, 99 %, most', `${share(lags, 0.5)}, ${share(lags, 0.99)}, ${share(lags, 1)} ms`)
  const most = (key: 'resident' | 'anonymous'): string =>
    Math.max(...memory.map((each) => each[key])).toFixed(0)
  say('memory, most: resident, anonymous', `${most('resident')}, ${most('anonymous')} MiB`)
  say('matches reported late', String(late.length))
  if (backAt === 0) return
  const last = Math.max(...late.map(({ timestamp }) => Date.parse(timestamp)))
  say('last late match after the MISP is back', `${((last - backAt) / 1000).toFixed(1)} s`)
}

async function main(folder: string): Promise<void> {
  const server = fork(fileURLToPath(new URL('./misp-server.ts', import.meta.url)), [options.latency], {
    execArgv: ['--import', 'tsx'],
  })
  const ready = await tell(server)
  writeFileSync(join(folder, 'alerts.json'), '')
  writeFileSync(join(folder, 'matched.log'), '')
  writeFileSync(join(folder, 'tripline.yaml'), configOf(folder, ready), { mode: 0o600 })
  const log = openSync(join(folder, 'tripline.log'), 'w')
  const args = [join(ROOT, 'dist/cli.js'), 'run', '--config', join(folder, 'tripline.yaml')]
  const daemon = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', log] })
  try {
    const written = await write(folder, server, daemon.pid ?? 0)
    report(written, await settled(folder, written.planted))
    say('requests to the MISP', String((await tell(server, 'count')).requests))
    const lines = readFileSync(join(folder, 'tripline.log'), 'utf8').trimEnd().split('\n')
    for (const line of lines.filter((each) => /"level":[4-9]0|answers again/.test(each)).slice(0, 20))
      say('log', line)
  } finally {
    const ended = once(daemon, 'exit')
    daemon.kill('SIGTERM')
    await ended
    server.kill()
  }
}

const folder = mkdtempSync(join(tmpdir(), 'tripline-bench-'))
try {
  await main(folder)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
