import { describe, expect, it } from 'vitest'
import type { Cli } from '../support/cli.ts'
import { caughtUp, query, stop, useWorkspace, type Settings } from './workspace.ts'

const workspace = useWorkspace()

/** Several seconds of work: a signal sent at the first match comes in the middle. */
const ALERTS = 60_000
const PLANTED_EVERY = 50

/** An alert file in which every fiftieth alert asks for a bad name, each for another one. */
function plant(): ReadonlySet<string> {
  const planted = new Set<string>()
  const lines: string[] = []
  for (let number = 0; number < ALERTS; number++) {
    const bad = number % PLANTED_EVERY === 0
    const name = bad ? `h${number}.evil.example.net` : `h${number % 100}.example.org`
    if (bad) planted.add(name)
    lines.push(query(number, name, 500))
  }
  workspace.alerts().bytes(Buffer.from(`${lines.join('\n')}\n`))
  workspace.alerts().flush()
  workspace.file('bad.txt', 'evil.example.net\n')
  return planted
}

async function readingGoesOn(daemon: Cli): Promise<void> {
  await daemon.logged('Tripline is running')
  await workspace.matched(1)
}

/** Every planted match is there; a repeat has the same id. */
function expectAll(planted: ReadonlySet<string>, matched = workspace.matches()): void {
  const ids = new Map<string, Set<string>>()
  for (const { id, observable } of matched) {
    ids.set(observable.value, (ids.get(observable.value) ?? new Set()).add(id))
  }
  expect([...planted].filter((value) => !ids.has(value))).toEqual([])
  expect([...ids].filter(([value, all]) => all.size !== 1 || !planted.has(value))).toEqual([])
}

describe('SIGTERM in the middle of a large file', () => {
  it('ends with 0 within the deadline; the next start goes on where it stopped', async () => {
    const planted = plant()
    const first = workspace.start()
    await readingGoesOn(first)
    const totals = await stop(first)
    expect(totals['msg']).toBe('Tripline stopped')
    expect(totals['alertsRead']).toBeLessThan(ALERTS)
    const second = workspace.start()
    await caughtUp(second, workspace.alerts())
    await stop(second)
    expect(second.logs().find(({ msg }) => msg === 'Reading a file')).toMatchObject({ from: 'checkpoint' })
    expectAll(planted)
    // A clean stop doubles nothing.
    expect(workspace.matches()).toHaveLength(planted.size)
  })
})

describe('kill -9 in the middle of a large file', () => {
  it('R06: loses nothing: what was not acknowledged is read again', async () => {
    const planted = plant()
    const first = workspace.start()
    await readingGoesOn(first)
    first.kill('SIGKILL')
    expect((await first.ended).signal).toBe('SIGKILL')
    const before = workspace.matches().length
    expect(before).toBeLessThan(planted.size)
    const second = workspace.start()
    await caughtUp(second, workspace.alerts())
    await stop(second)
    expectAll(planted, workspace.matches('some torn'))
  })
})

/** A daemon told to stop that cannot finish: its output is full. */
async function blocked(settings: Settings): Promise<Cli> {
  workspace.file('bad.txt', 'evil.example.net\n')
  workspace.config({ sinks: { matches: { type: 'match-log', path: '/dev/full' } }, ...settings })
  workspace.alerts().line(query(1, 'evil.example.net'))
  workspace.alerts().flush()
  const daemon = workspace.start()
  await daemon.logged('A sink does not accept matches; reading waits until it does, nothing is lost')
  daemon.kill('SIGTERM')
  await daemon.logged('Tripline stops: finishing what was read')
  return daemon
}

describe('a signal while an output does not accept', () => {
  it('ends it at the deadline, with 1 and the name of what was late', async () => {
    const daemon = await blocked({ shutdownDeadline: '400ms' })
    expect(await daemon.ended).toMatchObject({ code: 1, signal: null })
    const late = 'The shutdown deadline passed; what was not acknowledged is read again at the next start'
    expect(await daemon.logged(late)).toMatchObject({ components: ['delivery to matches'] })
  })

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('ends it at once when %s comes as a second one', async (signal, code) => {
    const daemon = await blocked({ shutdownDeadline: '10m' })
    daemon.kill(signal)
    expect(await daemon.ended).toMatchObject({ code, signal: null })
  })
})

describe('SIGHUP', () => {
  it('stops it as SIGTERM does: a terminal was closed', async () => {
    workspace.file('bad.txt', 'evil.example.net\n')
    const daemon = workspace.start()
    await daemon.logged('Tripline is running')
    daemon.kill('SIGHUP')
    expect(await daemon.ended).toMatchObject({ code: 0, signal: null })
    await daemon.logged('Tripline stopped')
  })
})

describe('SIGUSR1', () => {
  it('opens no debugger and ends nothing', async () => {
    workspace.file('bad.txt', 'evil.example.net\n')
    const daemon = workspace.start()
    await daemon.logged('Tripline is running')
    daemon.kill('SIGUSR1')
    const writer = workspace.alerts()
    writer.line(query(1, 'evil.example.net'))
    await caughtUp(daemon, writer)
    await stop(daemon)
    expect(workspace.matches()).toHaveLength(1)
    expect(daemon.stderr()).not.toContain('Debugger')
    expect((await daemon.ended).code).toBe(0)
  })
})
