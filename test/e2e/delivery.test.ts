import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CLI, type Cli } from '../support/cli.ts'
import { caughtUp, query, stop, useWorkspace } from './workspace.ts'

const workspace = useWorkspace()

const ALERTS = 600

/** Alerts that each ask for another bad name. */
function plant(count = ALERTS): readonly string[] {
  workspace.file('bad.txt', 'evil.example.net\n')
  const names = Array.from({ length: count }, (_, number) => `h${number}.evil.example.net`)
  for (const [number, name] of names.entries()) workspace.alerts().line(query(number, name))
  workspace.alerts().flush()
  return names
}

function matchLog(name: string, more: object = {}): object {
  return { type: 'match-log', path: workspace.path(name), ...more }
}

/** A path at which the disk is full. */
function fullDisk(name: string): string {
  symlinkSync('/dev/full', workspace.path(name))
  return workspace.path(name)
}

const valuesOf = (records: readonly { readonly observable: { readonly value: string } }[]) =>
  records.map(({ observable }) => observable.value)

interface Found {
  readonly id: string
  readonly observable: { readonly value: string }
}

function foundIn(text: string): readonly Found[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Found)
}

function pairsOf(found: readonly Found[]): readonly string[] {
  return found.map(({ id, observable }) => `${observable.value} ${id}`).toSorted()
}

function lettersIn(folder: string): readonly string[] {
  return readdirSync(folder).map((name) => join(folder, name))
}

describe('a sink that is down', () => {
  it('R19: gets everything when it is up again, after kill -9 and a restart', async () => {
    const planted = plant()
    fullDisk('ioc-matched.log')
    const first = workspace.start()
    await first.logged('A sink does not accept matches; reading waits until it does, nothing is lost')
    first.kill('SIGKILL')
    await first.ended
    rmSync(workspace.path('ioc-matched.log'))
    const second = workspace.start()
    await caughtUp(second, workspace.alerts())
    await stop(second)
    expect(new Set(valuesOf(workspace.matches()))).toEqual(new Set(planted))
  })

  it('R19: and not required holds up nothing; its dead letters, read by `scan`, give the same matches', async () => {
    const planted = plant()
    workspace.config({
      shutdownDeadline: '800ms',
      sinks: {
        good: matchLog('ioc-matched.log'),
        bad: { ...matchLog('full'), path: fullDisk('full'), required: false, buffer: { maxDeliveries: 1 } },
      },
    })
    const daemon = workspace.start()
    await caughtUp(daemon, workspace.alerts())
    expect(valuesOf(workspace.matches())).toEqual(planted)
    daemon.kill('SIGTERM')
    expect((await daemon.ended).code).toBe(1)
    const late = 'The shutdown deadline passed; what was not acknowledged is read again at the next start'
    expect(await daemon.logged(late)).toMatchObject({
      components: expect.arrayContaining(['delivery to bad']) as unknown,
    })
    const files = lettersIn(workspace.path('state/dead-letters'))
    const scan = workspace.tripline(['scan', '--config', workspace.path('tripline.yaml'), ...files])
    const again = foundIn((await scan.ended).stdout)
    // What was with the sink is given up last, so it stands last.
    expect(pairsOf(again)).toEqual(pairsOf(workspace.matches()))
  })

  it('R19: and not required, also at the start, gets everything from when it is up', async () => {
    workspace.file('bad.txt', 'evil.example.net\n')
    // A file where its folder would be.
    workspace.file('later', '')
    workspace.config({
      sinks: {
        good: matchLog('ioc-matched.log'),
        bad: matchLog('later/ioc-matched.log', { required: false }),
      },
    })
    const daemon = workspace.start()
    workspace.alerts().line(query(1, 'a.evil.example.net'))
    workspace.alerts().flush()
    await workspace.matched(1)
    await daemon.logged(
      'A sink that is not required does not accept matches; they wait in memory, the other sinks go on',
    )
    rmSync(workspace.path('later'))
    mkdirSync(workspace.path('later'))
    const late = workspace.path('later/ioc-matched.log')
    await expect
      .poll(() => foundIn(readFileSync(late, 'utf8')).map(({ observable }) => observable.value), {
        timeout: 20_000,
      })
      .toEqual(['a.evil.example.net'])
    await stop(daemon)
  })
})

/** A daemon whose standard output is a pipe that nobody reads: a sink that neither accepts nor refuses. */
function unread(): Pick<Cli, 'kill'> & {
  readonly ended: Promise<number | null>
  readonly log: () => string
} {
  const child = spawn(process.execPath, [CLI, 'run', '--config', workspace.path('tripline.yaml')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  return {
    kill: (signal) => void child.kill(signal),
    ended: new Promise((resolve) => child.on('exit', resolve)),
    log: () => log,
  }
}

async function hanging(shutdownDeadline: string): Promise<ReturnType<typeof unread>> {
  plant(2000)
  workspace.config({
    shutdownDeadline,
    sinks: { good: matchLog('ioc-matched.log'), screen: { type: 'stdout' } },
  })
  const daemon = unread()
  await workspace.matched(256)
  daemon.kill('SIGTERM')
  await expect.poll(daemon.log, { timeout: 20_000 }).toContain('Tripline stops: finishing what was read')
  return daemon
}

describe('a sink that hangs', () => {
  it('is given up at the deadline of a stop, and named', async () => {
    const daemon = await hanging('400ms')
    expect(await daemon.ended).toBe(1)
    expect(daemon.log()).toMatch(/"components":\["delivery to screen".*The shutdown deadline passed/)
  })

  it('does not hold up a second signal', async () => {
    const daemon = await hanging('10m')
    daemon.kill('SIGTERM')
    expect(await daemon.ended).toBe(143)
  })
})
