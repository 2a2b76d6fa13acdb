/** Processes of `footprint.ts`: started, asked whether they are ready, and looked at from outside (proc(5)). */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { stringify } from 'yaml'
import { CLI } from '../test/support/cli.ts'

/** Clock ticks a second on Linux (proc_pid_stat(5), fields 14 and 15). */
const TICKS = 100
const LOOK_MS = 10
const PATIENCE_MS = 300_000

/** In MiB (proc_pid_status(5)). Pages of files are the system's to take back, and other processes may share them. */
export interface Memory {
  readonly resident: number
  readonly anonymous: number
  readonly file: number
  /** Most of `resident` so far. */
  readonly peak: number
}

export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mib = (name: string): number =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) / 102.4) / 10
  return { resident: mib('VmRSS'), anonymous: mib('RssAnon'), file: mib('RssFile'), peak: mib('VmHWM') }
}

/** Processor time so far, all threads. */
export function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

export interface Ready {
  /** From the start of the process until `/readyz` says that all is well. */
  readonly ms: number
  readonly cpuSeconds: number
}

export interface Daemon {
  readonly pid: number
  readonly ready: Ready
  stop(): Promise<void>
}

/** What stands in a folder for a daemon: its alerts, state and outputs. `rest` has its providers. */
export async function configure(folder: string, rest: object): Promise<string> {
  const path = join(folder, 'tripline.yaml')
  const config = {
    stateDir: join(folder, 'state'),
    log: { level: 'info', format: 'json' },
    http: { port: await freePort() },
    sources: { wazuh: { type: 'wazuh-file', files: [join(folder, 'alerts.json')], startAt: 'beginning' } },
    sinks: { matches: { type: 'match-log', path: join(folder, 'matched.log') } },
    ...rest,
  }
  writeFileSync(join(folder, 'alerts.json'), '')
  writeFileSync(path, stringify(config), { mode: 0o600 })
  return path
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Starts the built command; resolves when it is ready. */
export async function startDaemon(config: string): Promise<Daemon> {
  const port = /port: (\d+)/.exec(readFileSync(config, 'utf8'))?.[1] ?? ''
  const log = `${config}.log`
  const output = openSync(log, 'w')
  const began = performance.now()
  const child = spawn(process.execPath, [CLI, 'run', '--config', config], {
    stdio: ['ignore', 'ignore', output],
  })
  closeSync(output)
  const pid = child.pid ?? 0
  while (!(await isReady(port))) {
    const isOver = child.exitCode !== null || performance.now() - began > PATIENCE_MS
    if (isOver) {
      await stopped(child)
      throw new Error(readFileSync(log, 'utf8'))
    }
    await pause(LOOK_MS)
  }
  const ready = { ms: Math.round(performance.now() - began), cpuSeconds: cpuSecondsOf(pid) }
  return { pid, ready, stop: () => stopped(child) }
}

async function isReady(port: string): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  )
}

export async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

/** The least a process of Node takes. */
export function startBareNode(): ChildProcess {
  return spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)'], { stdio: 'ignore' })
}
