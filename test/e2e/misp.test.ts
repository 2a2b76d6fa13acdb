import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startFakeMisp, type FakeMisp } from '../support/fake-misp/fake-misp.ts'
import { caughtUp, feeds, query, stop, useWorkspace, type Settings } from './workspace.ts'

const workspace = useWorkspace()

let misp: FakeMisp

beforeEach(async () => {
  misp = await startFakeMisp({
    events: [
      {
        info: 'A campaign',
        orgc: 'CIRCL',
        tags: ['tlp:amber'],
        attributes: [
          { type: 'domain', value: 'evil.example.net' },
          { type: 'domain', value: 'worse.example.net' },
        ],
      },
    ],
  })
})

afterEach(() => misp.close())

/** Gives up and comes back sooner than one would have it with a real server. */
function provider(more: Settings = {}): Settings {
  return {
    type: 'misp',
    url: misp.url,
    apiKey: misp.keys.user,
    retries: 0,
    breakerThreshold: 1,
    breakerTimeout: '100ms',
    ...more,
  }
}

function searches(): number {
  return misp.requests.filter(({ path }) => path.endsWith('/attributes/restSearch')).length
}

describe('a MISP that is asked', () => {
  it('gives matches with their context, is asked once a value, and reports a known value again', async () => {
    const writer = workspace.alerts()
    const daemon = workspace.tripline(['run'], {
      env: {
        ALERTS_FILE: writer.path,
        MISP_URL: `${misp.url}/attributes/restSearch/`,
        MISP_API_KEY: misp.keys.user,
        SUPPRESSION_WINDOW_MINUTES: '0',
        TRIPLINE_STATE_DIR: workspace.path('state'),
        TRIPLINE_START_AT: 'beginning',
        LOG_FILE_MATCHED: workspace.path('ioc-matched.log'),
        LOG_FILE_PARSED: workspace.path('ioc-parsed.log'),
      },
    })
    writer.line(query(1, 'www.evil.example.net'))
    writer.line(query(2, 'good.example.net'))
    writer.flush()
    const [first] = await workspace.matched(1)
    expect(first).toMatchObject({
      match: { kind: 'parent-domain', via: 'online', providers: ['misp'] },
      indicators: [{ value: 'evil.example.net', title: 'A campaign', organisation: 'CIRCL', tlp: 'amber' }],
      misp: { event_id: '1', value: 'evil.example.net' },
    })
    const asked = searches()
    writer.line(query(3, 'www.evil.example.net'))
    writer.flush()
    expect((await workspace.matched(2))[1]).toMatchObject({ match: { via: 'cache' } })
    expect(searches()).toBe(asked)
    await stop(daemon)
    expect(daemon.stderr()).not.toContain(misp.keys.user)
  })

  it('R06, R40-R42: may be gone: nothing is lost over kill -9, and late matches say so', async () => {
    workspace.config({ providers: { misp: provider() } })
    await misp.stop()
    const writer = workspace.alerts()
    const killed = workspace.start()
    writer.line(query(1, 'evil.example.net'))
    writer.line(query(2, 'good.example.net'))
    await caughtUp(killed, writer)
    killed.kill('SIGKILL')
    await killed.ended
    expect(workspace.matches()).toEqual([])

    const daemon = workspace.start()
    await daemon.logged('Alerts still wait for an answer of the provider from before the start', {
      alerts: 2,
    })
    writer.line(query(3, 'worse.example.net'))
    await caughtUp(daemon, writer)
    await misp.start()
    const matches = await workspace.matched(2)
    expect(matches).toMatchObject([
      { alert: { id: '1773043200.1' }, match: { delayed: true, via: 'online' } },
      { alert: { id: '1773043200.3' }, match: { delayed: true } },
    ])
    for (const { match, timestamp } of matches)
      expect(Date.parse(match.seen_at ?? '')).toBeLessThan(Date.parse(timestamp))
    await daemon.logged('The provider answers again; all alerts that waited are answered')
    await stop(daemon)
    expect(workspace.matches()).toHaveLength(2)
  })

  it('is asked about alerts from before the start only when its warning-lists are there', async () => {
    workspace.config({
      policy: { warningLists: { suppress: ['Ours'] } },
      providers: { misp: provider() },
    })
    await misp.stop()
    const writer = workspace.alerts()
    const killed = workspace.start()
    writer.line(query(1, 'evil.example.net'))
    await caughtUp(killed, writer)
    killed.kill('SIGKILL')
    await killed.ended

    misp.addWarningList({ name: 'Ours', type: 'hostname', entries: ['evil.example.net'] })
    misp.setFault('slow-first-byte', { ms: 500, path: /warninglists/ })
    await misp.start()
    const daemon = workspace.start()
    writer.line(query(2, 'worse.example.net'))
    writer.flush()
    expect(await workspace.matched(1)).toMatchObject([{ alert: { id: '1773043200.2' } }])
    await daemon.logged('The provider answers again; all alerts that waited are answered')
    await stop(daemon)
    expect(workspace.matches()).toHaveLength(1)
  })

  it('may hang at the start: a stop is quick, and no alert is worked on without its warning-lists', async () => {
    workspace.config({ providers: { misp: provider() } })
    misp.setFault('hang', { path: /warninglists/ })
    const writer = workspace.alerts()
    writer.line(query(1, 'evil.example.net'))
    writer.flush()
    const daemon = workspace.start()
    await vi.waitUntil(() => misp.requests.some(({ path }) => path.includes('warninglists')), {
      timeout: 10_000,
    })
    await daemon.logged('Reading a file')
    await daemon.logged('The server was looked at')
    await stop(daemon)
    expect([workspace.matches(), workspace.parsed()]).toEqual([[], []])
  })

  it('may be copied: the copy goes on matching while it is gone, also after a start', async () => {
    workspace.config({ providers: { misp: provider({ mode: 'mirror', mirror: { interval: '50ms' } }) } })
    const writer = workspace.alerts()
    const first = workspace.start()
    writer.line(query(1, 'evil.example.net'))
    writer.flush()
    expect(await workspace.matched(1)).toMatchObject([{ match: { via: 'mirror' } }])
    misp.addEvent({ info: 'Later', attributes: [{ type: 'domain', value: 'later.example.net' }] })
    await vi.waitUntil(() => first.logs().some(({ indicators }) => indicators === 3), { timeout: 10_000 })
    await stop(first)
    await misp.stop()
    const second = workspace.start()
    writer.line(query(2, 'www.later.example.net'))
    writer.flush()
    expect((await workspace.matched(2))[1]).toMatchObject({
      match: { via: 'mirror', kind: 'parent-domain' },
      indicators: [{ title: 'Later' }],
    })
    await stop(second)
    expect(searches()).toBeGreaterThan(0)
  })
})

describe('commands that ask a MISP', () => {
  it('look values up, and say when there is no answer', async () => {
    const config = workspace.config({ providers: { misp: provider() } })
    const hit = await workspace.tripline([
      'lookup',
      '--config',
      config,
      'www.evil.example.net',
      'good.example.net',
    ]).ended
    expect(hit).toMatchObject({ code: 0, stderr: '' })
    expect(hit.stdout).toMatch(/^hit: domain www\.evil\.example\.net\n.*A campaign.*\nmiss: domain good/)
    await misp.stop()
    const none = await workspace.tripline(['lookup', '--config', config, 'evil.example.net']).ended
    expect(none.code).toBe(1)
    expect(none.stdout).toMatch(/^unanswered \(misp: .*refuses connections/)
  })

  it('match alerts of a file, and say which could not be looked up', async () => {
    const config = workspace.config({ providers: { misp: provider() } })
    const alerts = workspace.file(
      'old.json',
      `${query(1, 'evil.example.net')}\n${query(2, 'good.example.net')}\n`,
    )
    const found = await workspace.tripline(['scan', '--config', config, alerts]).ended
    expect(found.stdout.trimEnd().split('\n')).toHaveLength(1)
    expect(found.code).toBe(0)
    await misp.stop()
    const none = await workspace.tripline(['scan', '--config', config, alerts]).ended
    expect(none).toMatchObject({ code: 1, stdout: '' })
    expect(none.stderr).toContain('2 alerts could not be looked up everywhere')
    const explained = await workspace.tripline(['explain', '--config', config, alerts]).ended
    expect(explained.stdout).toContain('not answered by misp')
    const bad = feeds(workspace.file('bad.txt', 'evil.example.net\n'))
    const both = workspace.config({ providers: { misp: provider(), bad } })
    const known = await workspace.tripline(['explain', '--config', both, alerts]).ended
    expect(known.stdout).toMatch(/MATCH\n.*evil\.example\.net.*\n +not answered by misp: .*\n/)
  })
})
