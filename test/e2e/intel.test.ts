import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startFakeMisp, type FakeMisp } from '../support/fake-misp/fake-misp.ts'
import type { Ended } from '../support/cli.ts'
import { feeds, query, stop, useWorkspace, type Settings } from './workspace.ts'

const workspace = useWorkspace()

let misp: FakeMisp
beforeEach(async () => {
  misp = await startFakeMisp()
})
afterEach(() => misp.close())

function mirrorOf(more: Settings = {}): Settings {
  return { type: 'misp', mode: 'mirror', url: misp.url, apiKey: misp.keys.user, ...more }
}

/** Changed and published long ago: what was so in this very second is fetched a second time. */
function addEvent(...values: readonly string[]): void {
  const attributes = values.map((value) => ({ type: 'domain', value }))
  misp.addEvent({ info: 'Test', timestamp: 1_700_000_000, publishTimestamp: 1_700_000_000, attributes })
}

function intel(...args: readonly string[]): Promise<Ended> {
  return workspace.tripline(['intel', ...args, '--config', workspace.path('tripline.yaml')]).ended
}

describe('intel sync', () => {
  it('fetches into the copy; what the daemon then starts with, also without the MISP', async () => {
    addEvent('evil.example.net', 'worse.example.net')
    addEvent('bad.example.net')
    workspace.config({ providers: { misp: mirrorOf() } })
    const first = await intel('sync')
    expect(first.stderr).toBe('')
    expect(first.stdout).toMatch(
      /^misp: up to date: 2 events, 3 indicators \(2 events fetched, 0 removed\) in \d+\.\d s\n$/,
    )
    expect(first.code).toBe(0)
    expect((await intel('sync', 'misp')).stdout).toContain('(0 events fetched, 0 removed)')
    await misp.stop()
    const daemon = workspace.start()
    await daemon.logged('Tripline is running', { indicators: 3 })
    workspace.alerts().line(query(1, 'a.worse.example.net'))
    workspace.alerts().flush()
    const [match] = await workspace.matched(1)
    expect(match?.indicators[0]).toMatchObject({ provider: 'misp', value: 'worse.example.net' })
    await stop(daemon)
  })

  it('says why it failed, keeps what it has, and goes on with the others', async () => {
    addEvent('evil.example.net')
    const bad = mirrorOf({ apiKey: 'x'.repeat(40) })
    workspace.config({ providers: { bad, good: mirrorOf() } })
    const { code, stdout, stderr } = await intel('sync')
    expect(code).toBe(1)
    expect(stderr).toMatch(/^tripline: bad: .*key/)
    expect(stdout).toContain('good: up to date: 1 event, 1 indicator')
  })

  it('refuses while the daemon runs, and says who keeps the copy then', async () => {
    workspace.config({ providers: { misp: mirrorOf() } })
    const daemon = workspace.start()
    await daemon.logged('Tripline is running')
    const { code, stderr } = await intel('sync')
    expect(code).toBe(1)
    expect(stderr).toContain('keeps its copies up to date by itself')
    await stop(daemon)
  })

  it.each([
    [['nobody'], 'The provider nobody is not configured'],
    [['feeds'], 'The provider feeds has no local copy'],
  ])('names a provider that has no copy: %j', async (names, message) => {
    workspace.config({ providers: { misp: mirrorOf(), feeds: feeds() } })
    const { code, stderr } = await intel('sync', ...names)
    expect(code).toBe(2)
    expect(stderr).toContain(message)
    expect(stderr).toContain('These have one: misp.')
  })
})

describe('intel status', () => {
  it('tells of each provider how fresh it is, while the daemon runs and after', async () => {
    addEvent('evil.example.net')
    const online = mirrorOf({ mode: 'online' })
    workspace.config({
      providers: { misp: mirrorOf(), online, feeds: feeds(workspace.file('bad.txt', 'x.example.net\n')) },
    })
    expect((await intel('status')).stdout).toMatch(/^misp +mirror +empty +not copied yet$/m)
    const daemon = workspace.start()
    await daemon.logged('Tripline is running')
    const lines = (await intel('status')).stdout.split('\n')
    expect(lines[0]).toMatch(/^misp +mirror +fresh +1 event, 1 indicator, up to date \d+ s ago$/)
    expect(lines[1]).toMatch(/^online +online +asked for each value, no local copy$/)
    expect(lines[2]).toMatch(/^feeds +feed +read at start and followed: 1 path$/)
    await stop(daemon)
    const [first = ''] = (await intel('status', '--json')).stdout.split('\n')
    expect(JSON.parse(first)).toMatchObject({
      provider: 'misp',
      mode: 'mirror',
      state: 'fresh',
      events: 1,
      indicators: 1,
      lastSuccess: expect.stringMatching(/^2\d{3}-/) as string,
    })
  })

  it('tells the last error', async () => {
    workspace.config({ providers: { misp: mirrorOf() } })
    await misp.stop()
    expect((await intel('sync')).code).toBe(1)
    expect((await intel('status')).stdout).toMatch(/last error \S+ PROVIDER_UNREACHABLE: /)
  })
})

it('has help with examples', async () => {
  for (const args of [['intel'], ['intel', 'sync'], ['intel', 'status']]) {
    const { stdout, code } = await workspace.tripline([...args, '--help']).ended
    expect(code).toBe(0)
    expect(stdout).toContain('Examples:')
  }
})
