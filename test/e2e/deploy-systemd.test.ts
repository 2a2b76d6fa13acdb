import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { CLI } from '../support/cli.ts'
import { bindReceiver } from '../support/receiver.ts'
import { allowedCalls, canAnalyze, unitValues } from '../support/systemd.ts'
import { feeds, query, useWorkspace } from './workspace.ts'

/*
 * The unit's filters cannot be put in force without systemd. So the system calls of a real run are recorded, and each must be one
 * that the filters let through.
 */

const workspace = useWorkspace()

function canTrace(): boolean {
  if (spawnSync('strace', ['-f', 'true'], { stdio: 'ignore' }).status === 0) return true
  if (process.env['CI'] === 'true') throw new Error('strace is missing or may not trace')
  process.stderr.write('SKIPPED: strace is missing or may not trace, system calls are not looked at\n')
  return false
}

/** Runs the daemon under strace until an alert has matched; gives the calls, one a line. */
async function traced(): Promise<readonly string[]> {
  const trace = workspace.path('trace')
  // With -D the daemon is the child, and gets the signal.
  const args = ['-D', '-f', '-s', '256', '-o', trace, process.execPath, CLI, 'run', '--config']
  const daemon = spawn('strace', [...args, workspace.path('tripline.yaml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  let isTold = false
  daemon.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
    // A second signal would end it at once.
    const isDone = /"msg":"Processed up to position"/.test(log) && /"msg":"The provider /.test(log)
    if (!isTold && isDone) isTold = daemon.kill('SIGTERM')
  })
  const [code] = (await once(daemon, 'close')) as [number | null]
  if (code !== 0) throw new Error(`It ended with ${code}:\n${log}`)
  await expect.poll(() => readFileSync(trace, 'utf8')).toContain('+++ exited with')
  return readFileSync(trace, 'utf8').split('\n')
}

it('the systemd unit allows every system call, socket and write of a run', async () => {
  if (!canAnalyze() || !canTrace()) return
  workspace.file('bad.txt', 'evil.example.net\n')
  workspace.file('alerts.json', `${query(1, 'evil.example.net')}\n${query(2, 'h.example.com')}\n`)
  const misp = { type: 'misp', url: 'http://localhost:9', apiKey: 'a'.repeat(40), warningLists: false }
  workspace.config({ providers: { feeds: feeds(workspace.path('bad.txt')), misp } })
  const calls = await traced()

  const names = new Set(calls.flatMap((line) => /^\d+ +(?:<\.\.\. )?(\w+)[( ]/.exec(line)?.[1] ?? []))
  const allowed = allowedCalls()
  expect(names.size).toBeGreaterThan(40)
  expect([...names].filter((name) => !allowed.has(name))).toEqual([])

  const families = new Set(calls.flatMap((line) => /socket(?:pair)?\((AF_\w+)/.exec(line)?.[1] ?? []))
  expect([...families]).toContain('AF_INET')
  const sockets = unitValues('RestrictAddressFamilies').flatMap((value) => value.split(' '))
  // The resolver asks the kernel which addresses the machine has, and goes on without the answer.
  expect([...families].filter((family) => family !== 'AF_NETLINK' && !sockets.includes(family))).toEqual([])

  const written = calls.flatMap(
    (line) => /open(?:at)?\((?:AT_FDCWD, )?"([^"]+)", [A-Z_|]*O_(?:WRONLY|RDWR|CREAT)/.exec(line)?.[1] ?? [],
  )
  expect(written.length).toBeGreaterThan(3)
  const outside = written.filter((path) => !path.startsWith(workspace.path('')) && !path.startsWith('/dev/'))
  expect(outside).toEqual([])
})

it('the systemd unit allows what systemd-notify does for it', async () => {
  if (!canAnalyze() || !canTrace()) return
  const receiver = bindReceiver(workspace.path('notify'))
  onTestFinished(() => receiver.close())
  const trace = workspace.path('trace')
  const args = ['-f', '-o', trace, 'systemd-notify', 'READY=1']
  const child = spawn('strace', args, { env: { ...process.env, NOTIFY_SOCKET: workspace.path('notify') } })
  expect(await once(child, 'close')).toEqual([0, null])
  expect(await receiver.received(1)).toContain('READY=1')
  const names = new Set(
    [...readFileSync(trace, 'utf8').matchAll(/^\d+ +(\w+)\(/gm)].map(([, name = '']) => name),
  )
  expect(names.size).toBeGreaterThan(10)
  const allowed = allowedCalls()
  expect([...names].filter((name) => !allowed.has(name))).toEqual([])
})
