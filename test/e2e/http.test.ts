import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { CLI, type Cli } from '../support/cli.ts'
import { send, TOKEN } from '../support/http-source.ts'
import { query, stop, useWorkspace, type Settings } from './workspace.ts'

/** From a request to the match log, with the built command. */

const workspace = useWorkspace()

function configure(settings: Settings = {}): void {
  workspace.file('bad.txt', 'evil.example.net\n')
  workspace.config({
    sources: { in: { type: 'http', port: 0, tokenFile: workspace.file('token', `${TOKEN}\n`), ...settings } },
  })
}

async function listening(daemon: Cli): Promise<number> {
  return Number((await daemon.logged('Taking alerts over HTTP'))['port'])
}

async function killed(daemon: Cli): Promise<void> {
  daemon.kill('SIGKILL')
  expect((await daemon.ended).signal).toBe('SIGKILL')
}

function waiting(): readonly string[] {
  const folder = workspace.path('state/http/in/new')
  return existsSync(folder) ? readdirSync(folder) : []
}

const nameOf = (number: number): string => `h${number}.evil.example.net`

/** Posts batches of ten, two at a time, until the other side is gone; gives the numbers of all alerts answered with 200. */
async function postUntilGone(
  port: number,
  from: number,
  onAccepted: (count: number) => void,
): Promise<readonly number[]> {
  const accepted: number[] = []
  let next = from
  const sender = async (): Promise<void> => {
    for (;;) {
      const numbers = Array.from({ length: 10 }, (_, i) => next + i)
      next += 10
      const body = numbers.map((number) => query(number, nameOf(number))).join('\n')
      const answer = await send(port, { body }).catch(() => undefined)
      if (answer === undefined) return
      expect(answer).toMatchObject({ status: 200, body: { accepted: 10, rejected: 0 } })
      accepted.push(...numbers)
      onAccepted(accepted.length)
    }
  }
  await Promise.all([sender(), sender()])
  return accepted
}

describe('an alert that was answered with 200', () => {
  it('is reported, also when the process is killed at once, and once more', async () => {
    configure()
    const accepted: number[] = []
    for (const kills of [20, 100]) {
      const daemon = workspace.start()
      const port = await listening(daemon)
      const before = accepted.length === 0 ? 0 : Math.max(...accepted) + 1000
      accepted.push(
        ...(await postUntilGone(port, before, (count) => {
          if (count >= kills) daemon.kill('SIGKILL')
        })),
      )
      await killed(daemon)
      // What a crash of the machine may leave beside it.
      writeFileSync(workspace.path(`state/http/in/tmp/${kills}.1.100.jsonl`), '{"timestamp":"2026-0')
    }
    const last = workspace.start()
    await last.until('the spool was empty', () =>
      last.stderr().includes('Reading a spool') && waiting().length === 0 ? true : undefined,
    )
    await stop(last)
    expect(readdirSync(workspace.path('state/http/in/tmp'))).toEqual([])
    const reported = new Set(workspace.matches('some torn').map(({ observable }) => observable.value))
    expect(accepted.length).toBeGreaterThanOrEqual(120)
    expect(accepted.filter((number) => !reported.has(nameOf(number)))).toEqual([])
  })
})

function canTrace(): boolean {
  if (spawnSync('strace', ['-f', 'true'], { stdio: 'ignore' }).status === 0) return true
  if (process.env['CI'] === 'true') throw new Error('strace is missing or may not trace')
  process.stderr.write('SKIPPED: strace is missing or may not trace, the order of writes is not looked at\n')
  return false
}

it('a power cut after the answer loses nothing: the file and its name are synchronised before', async () => {
  if (!canTrace()) return
  configure()
  const trace = workspace.path('trace')
  const calls = 'trace=fsync,rename,write,writev,sendto'
  const run = [process.execPath, CLI, 'run', '--config', workspace.path('tripline.yaml')]
  const daemon = spawn('strace', ['-D', '-f', '-y', '-s', '200', '-e', calls, '-o', trace, ...run])
  let log = ''
  daemon.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  const ended = once(daemon, 'close')
  await expect.poll(() => log).toContain('Taking alerts over HTTP')
  const port = Number(/"port":(\d+)/.exec(log)?.[1])
  expect((await send(port, { body: query(1, nameOf(1)) })).status).toBe(200)
  daemon.kill('SIGTERM')
  await ended
  await expect.poll(() => readFileSync(trace, 'utf8')).toContain('+++ exited with')
  const lines = readFileSync(trace, 'utf8').split('\n')
  const place = (call: RegExp): number => lines.findIndex((line) => call.test(line))
  const steps = [
    /write(?:64)?\(.*\/http\/in\/tmp\/.*timestamp/,
    /fsync\(.*\/http\/in\/tmp\/.*jsonl/,
    /rename\(".*\/http\/in\/tmp\/.*\/http\/in\/new\//,
    /fsync\(.*\/http\/in\/new>/,
    /write.*HTTP\/1\.1 200 OK/,
  ].map((call) => place(call))
  expect(steps).not.toContain(-1)
  expect(steps.toSorted((a, b) => a - b)).toEqual(steps)
})

describe('the start', () => {
  it('ends with what to do when the port is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    configure({ port })
    const { code, stderr } = await workspace.start().ended
    await new Promise((resolve) => other.close(resolve))
    expect(code).toBe(1)
    expect(stderr).toContain(
      `sources.in.port: cannot listen on 127.0.0.1:${port}: another process listens there`,
    )
    expect(stderr).toContain('Set another port')
  })

  it('warns of alerts that come unencrypted, and tells no token', async () => {
    configure({ host: '0.0.0.0' })
    const daemon = workspace.start()
    await daemon.logged(
      'Alerts and the token come unencrypted: set tls, or listen on 127.0.0.1 behind a proxy that does it',
    )
    const port = await listening(daemon)
    expect((await send(port, { headers: { authorization: 'Bearer not-this-one' } })).status).toBe(401)
    await setImmediate()
    await stop(daemon)
    expect(daemon.stderr()).not.toContain(TOKEN)
    expect(daemon.stderr()).not.toContain('not-this-one')
  })
})
