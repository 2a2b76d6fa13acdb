import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { unitOf } from '../../src/intel/opencti/mirror/places.ts'
import { startFakeMisp, type FakeMisp } from '../support/fake-misp/fake-misp.ts'
import { startFakeOpenCti, type FakeOpenCti } from '../support/fake-opencti/fake-opencti.ts'
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

describe('with an OpenCTI', () => {
  let opencti: FakeOpenCti
  beforeEach(async () => {
    opencti = await startFakeOpenCti()
  })
  afterEach(() => opencti.close())

  const copyOf = (mirror: Settings = {}, more: Settings = {}): Settings => ({
    type: 'opencti',
    mode: 'mirror',
    url: opencti.url,
    token: opencti.token,
    mirror,
    ...more,
  })

  it.each(['stream', 'polling'])(
    'intel sync loads all; the daemon goes on from there by %s, and misses nothing',
    async (way) => {
      opencti.addIndicator({ pattern: "[domain-name:value = 'old.example.net']" })
      opencti.addIndicator({ pattern: "[domain-name:value IN ('a.example.net', 'b.example.net')]" })
      opencti.addIndicator({ pattern: "[mutex:name = 'x']" })
      const mirror = way === 'stream' ? { stream: opencti.addStreamCollection() } : {}
      workspace.config({ providers: { opencti: copyOf(mirror) } })
      const { code, stdout, stderr } = await intel('sync')
      expect(stderr).toBe('')
      expect(stdout).toMatch(
        /^opencti: up to date: 2 STIX indicators, 3 values \(3 read; 1 not matchable, or not with all parts\) in \d+\.\d s\n$/,
      )
      expect(code).toBe(0)
      const since = opencti.addIndicator({ pattern: "[domain-name:value = 'since.example.net']" })
      const daemon = workspace.start()
      await daemon.logged('Local copy of an OpenCTI loaded', { indicators: 3 })
      await daemon.logged('Mirror unit changed', { unit: unitOf(since.standard_id) })
      workspace.alerts().line(query(1, 'since.example.net'))
      workspace.alerts().flush()
      const [match] = await workspace.matched(1)
      expect(match?.indicators[0]).toMatchObject({ provider: 'opencti', value: 'since.example.net' })
      await stop(daemon)
      expect(daemon.logs().filter(({ msg }) => msg === 'Loading the indicators of an OpenCTI')).toEqual([])
      // Where to begin was asked for once, before the load.
      const beginnings = opencti.requests.filter(({ path }) => /^\/stream\/(?!.*\bfrom=)/.test(path))
      expect(beginnings).toHaveLength(way === 'stream' ? 1 : 0)
    },
  )

  it('intel sync again finds what is gone, and what it cannot fetch leaves what it has', async () => {
    const { id } = opencti.addIndicator({ pattern: "[domain-name:value = 'old.example.net']" })
    opencti.addIndicator({ pattern: "[domain-name:value = 'new.example.net']" })
    workspace.config({ providers: { opencti: copyOf() } })
    expect((await intel('sync')).stdout).toContain('2 STIX indicators, 2 values (2 read)')
    opencti.deleteIndicator(id)
    expect((await intel('sync')).stdout).toContain('1 STIX indicator, 1 value (1 read)')
    workspace.config({ providers: { opencti: copyOf({}, { token: 'wrong' }) } })
    const { code, stderr } = await intel('sync')
    expect(code).toBe(1)
    expect(stderr).toContain('tripline: opencti: OpenCTI refuses the token')
    const status = (await intel('status')).stdout
    expect(status).toMatch(/^opencti +mirror +fresh +1 STIX indicator, 1 value, up to date \d+ s ago/)
    expect(status).toMatch(/last error \S+ PROVIDER_REFUSED: OpenCTI refuses the token/)
  })

  it('intel sync says that the stream is stopped, rather than leave a gap', async () => {
    const stream = opencti.addStreamCollection()
    opencti.stopStreamCollection(stream)
    workspace.config({ providers: { opencti: copyOf({ stream }) } })
    const { code, stderr } = await intel('sync')
    expect(code).toBe(1)
    expect(stderr).toContain('The live stream is stopped in OpenCTI')
  })

  it('intel status names patterns that match nothing', async () => {
    const { standard_id: ref } = opencti.addIndicator({ pattern: "[mutex:name = 'x']" })
    workspace.config({ providers: { opencti: copyOf() } })
    await intel('sync')
    expect((await intel('status')).stdout).toMatch(
      new RegExp(
        `not matchable, it has no value that Tripline looks for: 1\\n +${ref} \\[mutex:name = 'x'\\]`,
      ),
    )
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
