import { chmodSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CLI, startCli, type Cli } from '../support/cli.ts'
import { KEY, USUAL_ARGUMENTS, useWazuhHome } from '../support/integration-stub.ts'
import { query, stop, useWorkspace, type Settings } from './workspace.ts'

/** From the script that Wazuh starts, through the spool, to the match log. */

const workspace = useWorkspace()
const wazuh = useWazuhHome()

function configure(settings: Settings = {}): void {
  workspace.file('bad.txt', 'evil.example.net\n')
  workspace.config({
    sources: { spool: { type: 'spool', dir: wazuh.spool, pollInterval: '50ms' } },
    ...settings,
  })
}

/** As wazuh-integratord hands over an alert; the file is gone afterwards, so the content has to be passed on. */
async function handOver(number: number, name = `h${number}.evil.example.net`): Promise<void> {
  const file = wazuh.alert(`${query(number, name)}\n`, `${number}.alert`)
  expect(await wazuh.stub([file, ...USUAL_ARGUMENTS])).toEqual({ code: 0, stdout: '', stderr: '' })
}

async function running(daemon = workspace.start()): Promise<Cli> {
  await daemon.logged('Tripline is running')
  await daemon.logged('Reading a spool')
  return daemon
}

async function done(daemon: Cli, files: number): Promise<void> {
  await daemon.until(`${files} files were done`, () => {
    const counts = daemon.logs().filter(({ msg }) => msg === 'Files of the spool are done')
    const total = counts.reduce((sum, { files: some }) => sum + Number(some), 0)
    return total >= files ? total : undefined
  })
}

function waiting(): readonly string[] {
  return readdirSync(join(wazuh.spool, 'new'))
}

async function emptied(daemon: Cli): Promise<void> {
  await running(daemon)
  await daemon.until('the spool was empty', () => (waiting().length === 0 ? true : undefined))
}

async function killed(daemon: Cli): Promise<void> {
  daemon.kill('SIGKILL')
  expect((await daemon.ended).signal).toBe('SIGKILL')
}

/** Those of the names that neither wait in the spool nor stand in the match log. To be called while no daemon runs. */
function lost(names: readonly string[]): readonly string[] {
  const spooled = waiting().map((file) => readFileSync(join(wazuh.spool, 'new', file), 'utf8'))
  const matched = new Set(workspace.matches('some torn').map(({ observable }) => observable.value))
  return names.filter((name) => !matched.has(name) && !spooled.some((text) => text.includes(`"${name}"`)))
}

describe('an alert that Wazuh hands over', () => {
  it('is matched by the daemon and gone from the spool', async () => {
    configure()
    const daemon = await running()
    await handOver(1)
    const [match] = await workspace.matched(1)
    expect(match).toMatchObject({
      alert: { id: '1773043200.1' },
      observable: { value: 'h1.evil.example.net' },
    })
    await done(daemon, 1)
    expect(waiting()).toEqual([])
    await stop(daemon)
    expect(daemon.stderr()).not.toContain(KEY)
  })

  it('while the daemon is stopped waits for its next start', async () => {
    configure()
    await stop(await running())
    for (const number of [1, 2, 3]) await handOver(number)
    expect(waiting()).toHaveLength(3)
    const daemon = await running()
    const matched = await workspace.matched(3)
    expect(matched.map(({ alert }) => alert.id)).toEqual(['1773043200.1', '1773043200.2', '1773043200.3'])
    await done(daemon, 3)
    expect(await stop(daemon)).toMatchObject({ alertsRead: 3 })
    expect(waiting()).toEqual([])
  })

  it('R06: outlives kill -9 of the daemon at any moment', async () => {
    configure()
    const names = Array.from({ length: 60 }, (_, n) => `h${n}.evil.example.net`)
    let daemon = await running()
    for (const [number, name] of names.entries()) {
      await handOver(number, name)
      if (number % 20 !== 19) continue
      await workspace.matched(number - 10, 'some torn')
      await killed(daemon)
      expect(lost(names.slice(0, number + 1))).toEqual([])
      daemon = workspace.start()
    }
    await emptied(daemon)
    // Also when everything is done.
    await killed(daemon)
    expect(lost(names)).toEqual([])
    const last = await running()
    expect(await stop(last)).toMatchObject({ alertsRead: 0 })
    const found = new Set(workspace.matches('some torn').map(({ observable }) => observable.value))
    expect(found).toEqual(new Set(names))
  })

  it('outlives kill -9 while its match cannot be written, and is no repeat at the next start', async () => {
    configure({ sinks: { matches: { type: 'match-log', path: '/dev/full' } } })
    const daemon = await running()
    await handOver(1)
    await daemon.logged('A sink does not accept matches; reading waits until it does, nothing is lost')
    await killed(daemon)
    expect(waiting()).toHaveLength(1)
    configure()
    const next = await running()
    await done(next, 1)
    await stop(next)
    expect(workspace.matches()).toMatchObject([{ observable: { value: 'h1.evil.example.net' } }])
  })

  it('that is none is set aside, and those behind it are matched', async () => {
    configure()
    const daemon = await running()
    await wazuh.stub([wazuh.alert('{torn', 'torn.alert'), ...USUAL_ARGUMENTS])
    await handOver(2)
    await workspace.matched(1)
    await daemon.logged('A file of the spool gave no alert: it was set aside', { reason: 'not_json' })
    await stop(daemon)
    expect(readdirSync(join(wazuh.spool, 'failed'))).toHaveLength(2)
  })
})

describe('an alert that is malformed', () => {
  it('is told to Wazuh as an error', async () => {
    configure()
    const events = workspace.path('events.json')
    workspace.config({
      sources: { spool: { type: 'spool', dir: wazuh.spool, pollInterval: '50ms' } },
      sinks: { wazuh: { type: 'wazuh-log', path: events } },
    })
    const daemon = await running()
    await wazuh.stub([wazuh.alert('{"rule":{},"agent":{}}'), ...USUAL_ARGUMENTS])
    await done(daemon, 1)
    await stop(daemon)
    expect(readFileSync(events, 'utf8')).toContain('Invalid Wazuh log structure: the alert has no id')
  })
})

describe('the one-shot command', () => {
  it('works beside a daemon that holds the state directory, and is what the script falls back to', async () => {
    configure()
    const events = workspace.path('events.json')
    const config = workspace.config({ sinks: { wazuh: { type: 'wazuh-log', path: events } } })
    workspace.alerts()
    const daemon = workspace.start()
    await daemon.logged('Tripline is running')
    const file = wazuh.alert(`${query(1, 'www.evil.example.net')}\n`)
    const once = startCli(['integration', '--config', config, '--name', 'custom-misp', '--', file, '', ''])
    expect(await once.ended).toMatchObject({ code: 0, stdout: '', stderr: '' })
    await stop(daemon)
    expect(readFileSync(events, 'utf8').split('\n')).toHaveLength(2)
    // The script finds no spool here: it runs the same.
    const bin = workspace.file('tripline', `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`)
    chmodSync(bin, 0o755)
    const env = { TRIPLINE_BIN: bin, TRIPLINE_CONFIG: config }
    const ended = await wazuh.stub([file, ...USUAL_ARGUMENTS], { env })
    expect(ended).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(readFileSync(events, 'utf8').split('\n')).toHaveLength(3)
    expect(readFileSync(events, 'utf8')).not.toContain(KEY)
  })
})
