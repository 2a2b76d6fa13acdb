import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CLI } from '../support/cli.ts'
import { query, source, useWorkspace } from './workspace.ts'

/*
 * What a power cut leaves is what had been synchronised. So the system calls of a real run are recorded, and it is looked
 * at their order: whatever an alert led to must be on the disk, its file's name included, before a checkpoint says that the alert is done.
 */

const workspace = useWorkspace()
const CALLS = 'openat,write,writev,pwrite64,fdatasync,fsync,rename'

function canTrace(): boolean {
  if (spawnSync('strace', ['-f', 'true'], { stdio: 'ignore' }).status === 0) return true
  if (process.env['CI'] === 'true') throw new Error('strace is missing or may not trace')
  process.stderr.write('SKIPPED: strace is missing or may not trace, the order of writes is not looked at\n')
  return false
}

const traceable = canTrace()

/** Runs the daemon under strace until the checkpoint has passed the alerts; gives the calls in the order in which they ended. */
async function traced(offset: number): Promise<readonly string[]> {
  const trace = workspace.path('trace')
  // With -D the daemon is the child, and gets the signal.
  const args = ['-D', '-f', '-y', '-s', '4096', '-e', `trace=${CALLS}`, '-o', trace]
  const run = [process.execPath, CLI, 'run', '--config', workspace.path('tripline.yaml')]
  const daemon = spawn('strace', [...args, ...run], { stdio: ['ignore', 'ignore', 'pipe'] })
  daemon.stderr.setEncoding('utf8')
  let log = ''
  let told = false
  const done = new RegExp(`"offset":${offset},"msg":"Processed up to position"`)
  daemon.stderr.on('data', (text: string) => {
    log += text
    // A second signal would end it at once.
    if (!told && done.test(log)) told = daemon.kill('SIGTERM')
  })
  const [code] = (await once(daemon, 'close')) as [number | null]
  if (code !== 0) throw new Error(`It ended with ${code}:\n${log}`)
  await expect.poll(() => readFileSync(trace, 'utf8')).toContain('+++ exited with')
  // A call that another thread interrupts stands on two lines; the second has its end.
  return readFileSync(trace, 'utf8').split('\n')
}

interface Step {
  readonly call: RegExp
  /** Text of the path that the call is about. */
  readonly path: string
}

/** The place of the first such call at or after `from`. */
function place(calls: readonly string[], { call, path }: Step, from = 0): number {
  const at = calls.findIndex((line, index) => index >= from && call.test(line) && line.includes(path))
  if (at === -1) throw new Error(`No call ${call.source} of ${path} after line ${from}`)
  return at
}

/** The first checkpoint that says so takes its place. */
function checkpointed(calls: readonly string[], offset: number): number {
  const written = calls.findIndex(
    (line) => line.includes('wazuh.json.tmp') && line.includes(`offset\\":${offset}`),
  )
  expect(written).toBeGreaterThan(0)
  const synced = place(calls, { call: /fsync\(/, path: 'wazuh.json.tmp' }, written)
  return place(calls, { call: /rename\(/, path: 'wazuh.json' }, synced)
}

it.skipIf(!traceable)(
  'R06, R13: a match is on the disk in every file that keeps it before the checkpoint passes its alert',
  async () => {
    workspace.file('bad.txt', 'evil.example.net\n')
    const line = `${query(1, 'evil.example.net')}\n`
    workspace.file('alerts.json', line)
    const outputs = ['ioc-matched.log', 'events.json']
    workspace.config({
      sinks: {
        matches: { type: 'match-log', path: workspace.path('out/ioc-matched.log') },
        events: { type: 'wazuh-log', path: workspace.path('out/events.json') },
      },
    })
    const calls = await traced(line.length)
    const done = checkpointed(calls, line.length)
    for (const output of outputs) {
      const written = place(calls, { call: /write\(/, path: `/out/${output}>` })
      const synced = place(calls, { call: /fdatasync\(/, path: `/out/${output}>` }, written)
      const named = place(calls, { call: /fsync\(/, path: '/out>' }, written)
      expect(Math.max(synced, named)).toBeLessThan(done)
    }
  },
)

it.skipIf(!traceable)(
  'R06, R13: an alert that could not be asked about is on the disk before the checkpoint passes it',
  async () => {
    const line = `${query(1, 'unknown.example.net')}\n`
    workspace.file('alerts.json', line)
    workspace.config({
      sources: { wazuh: source(workspace.path('alerts.json')) },
      providers: {
        // Port 1 of this machine: nobody listens there.
        misp: { type: 'misp', url: 'http://127.0.0.1:1', apiKey: 'x'.repeat(40) },
      },
      online: { patience: '100ms' },
    })
    const calls = await traced(line.length)
    const done = checkpointed(calls, line.length)
    const named = place(calls, { call: /fsync\(/, path: '/state>' })
    const pending = place(
      calls,
      { call: /pwrite64\(/, path: '/state/state.lmdb>' },
      place(calls, { call: /openat\(/, path: '/alerts.json"' }),
    )
    const synced = place(calls, { call: /fdatasync\(/, path: '/state/state.lmdb>' }, pending)
    expect(Math.max(named, synced)).toBeLessThan(done)
  },
)
