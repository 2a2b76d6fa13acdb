import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CLI, type Cli } from '../support/cli.ts'
import { startFakeMisp } from '../support/fake-misp/fake-misp.ts'
import type { Fault, FaultOptions } from '../support/fake-misp/http/faults.ts'
import { caughtUp, feeds, query, stop, useWorkspace } from './workspace.ts'

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
    ended: new Promise((resolve) => child.on('close', resolve)),
    log: () => log,
  }
}

async function hanging(shutdownDeadline: string): Promise<ReturnType<typeof unread>> {
  plant(600)
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

/** What a MISP may do instead of answering: refuse for a while, be silent, be down. */
const TROUBLES: readonly (readonly [Fault, FaultOptions])[] = [
  ['rate-limit', { seconds: 1 }],
  ['hang', {}],
  ['database-down', {}],
]
/** One for each; none is asked for before. */
const BAD_NAMES = TROUBLES.map((_, number) => `b${number}.example.org`)

describe('events of Tripline itself', () => {
  it('R37: that come back as alerts are not matched again', async () => {
    workspace.file('bad.txt', 'evil.example.net\n')
    const events = workspace.path('wazuh-events.json')
    workspace.config({
      sinks: { matches: matchLog('ioc-matched.log'), wazuh: { type: 'wazuh-log', path: events } },
      suppress: { matchWindow: '0s' },
    })
    const daemon = workspace.start()
    const writer = workspace.alerts()
    writer.line(query(1, 'a.evil.example.net'))
    await caughtUp(daemon, writer)
    const [event = ''] = readFileSync(events, 'utf8').split('\n')
    expect(event).toContain('a.evil.example.net')
    // As analysisd makes an alert of such a line: the event becomes its `data`.
    const alert = JSON.parse(query(2, 'x.example.org')) as Record<string, unknown>
    writer.line(JSON.stringify({ ...alert, data: JSON.parse(event) as unknown, location: events }))
    writer.line(query(3, 'b.evil.example.net'))
    await caughtUp(daemon, writer)
    expect(await stop(daemon)).toMatchObject({ alertsRead: 3, alertsDropped: { own_alert: 1 } })
    expect(valuesOf(workspace.matches())).toEqual(['a.evil.example.net', 'b.evil.example.net'])
  })
})

describe('a platform in trouble', () => {
  it('R40-R42: loses no alert, whatever it does: the feed beside it goes on, late matches follow', async () => {
    const attributes = BAD_NAMES.map((value) => ({ type: 'domain', value }) as const)
    const misp = await startFakeMisp({ events: [{ attributes }] })
    onTestFinished(() => misp.close())
    const quick = {
      retries: 0,
      breakerThreshold: 1,
      breakerTimeout: '100ms',
      breakerMaxTimeout: '200ms',
      timeout: '300ms',
    }
    workspace.config({
      providers: {
        feeds: feeds(workspace.file('bad.txt', 'evil.example.net\n')),
        misp: { type: 'misp', url: misp.url, apiKey: misp.keys.user, ...quick },
      },
      online: { patience: '50ms' },
    })
    const daemon = workspace.start()
    await daemon.logged('Tripline is running')
    const writer = workspace.alerts()
    for (const [number, [fault, options]] of TROUBLES.entries()) {
      misp.setFault(fault, options)
      writer.line(query(2 * number, `m${number}.evil.example.net`))
      writer.line(query(2 * number + 1, BAD_NAMES[number] ?? ''))
      await caughtUp(daemon, writer)
      // Acknowledged, and the feed has matched: the other waits in the state store.
      expect(workspace.matches()).toHaveLength(2 * number + 1)
      misp.setFault(undefined)
      expect(valuesOf(await workspace.matched(2 * number + 2)).at(-1)).toBe(BAD_NAMES[number])
    }
    await stop(daemon)
  })
})
