import { mkdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { caughtUp, feeds, query, stop, useWorkspace } from './workspace.ts'

const workspace = useWorkspace()

function ask(number: number, name: string): void {
  workspace.alerts().line(query(number, name))
  workspace.alerts().flush()
}

/** A MISP event with one attribute. */
function event(value: string): string {
  const attribute = {
    type: 'domain',
    category: 'Network activity',
    to_ids: true,
    uuid: '5f6c2b1e-3c1d-4f0a-9d55-0a2f950d2100',
    value,
  }
  return JSON.stringify({
    Event: { uuid: '5f6c2b1e-3c1d-4f0a-9d55-0a2f950d210f', info: 'Test', Attribute: [attribute] },
  })
}

describe('a feed', () => {
  it('with broken lines is used all the same; each is told with its number', async () => {
    workspace.file(
      'bad.txt',
      'evil.example.net\n\n# a remark\nno value at all\n1.2.3.4.5\nworse.example.net\n',
    )
    const daemon = workspace.start()
    await daemon.logged('Tripline is running', { indicators: 2 })
    expect(
      await daemon.logged('Feed entry not understood', { at: `${workspace.path('bad.txt')}:4` }),
    ).toBeDefined()
    expect(
      await daemon.logged('Feed entry not understood', { at: `${workspace.path('bad.txt')}:5` }),
    ).toBeDefined()
    ask(1, 'worse.example.net')
    await workspace.matched(1)
    await stop(daemon)
  })

  it('R44: that changes is read again: new values match, removed ones do not', async () => {
    workspace.file('bad.txt', 'old.example.net\n')
    const daemon = workspace.start()
    await daemon.logged('Tripline is running', { indicators: 1 })
    workspace.file('bad.txt', 'new.example.net\nnewer.example.net\n')
    await daemon.logged('Feed loaded', { loaded: 2 })
    await daemon.logged('Mirror unit changed', { indicators: 2 })
    ask(1, 'old.example.net')
    ask(2, 'new.example.net')
    const [match] = await workspace.matched(1)
    expect(match?.observable.value).toBe('new.example.net')
    expect(await stop(daemon)).toMatchObject({ alertsRead: 2, matches: 1 })
  })

  it('R43: that breaks keeps what it gave before', async () => {
    workspace.config({ providers: { feeds: feeds(workspace.path('event.json')) } })
    workspace.file('event.json', event('evil.example.net'))
    const daemon = workspace.start()
    await daemon.logged('Tripline is running', { indicators: 1 })
    workspace.file('event.json', event('evil.example.net').slice(0, 100))
    const told = await daemon.logged('Feed could not be loaded: what it gave before stays in use')
    expect(told).toMatchObject({ feed: workspace.path('event.json'), code: 'FEED_MALFORMED' })
    ask(1, 'evil.example.net')
    const [match] = await workspace.matched(1)
    expect(match?.indicators[0]).toMatchObject({ title: 'Test', value: 'evil.example.net' })
    await stop(daemon)
  })

  it('that nobody named is told: nothing can match', async () => {
    workspace.config({ providers: {} })
    const daemon = workspace.start()
    await daemon.logged('No indicators are loaded: nothing can match until a feed has some')
    ask(1, 'evil.example.net')
    await caughtUp(daemon, workspace.alerts())
    expect(await stop(daemon)).toMatchObject({ alertsRead: 1, observables: 1, matches: 0 })
  })

  it('that comes after the start still meets the alert that was there before', async () => {
    ask(1, 'evil.example.net')
    const daemon = workspace.start()
    await daemon.logged('Feeds are missing: no alert is read until they are there or the time is up')
    expect(workspace.matches()).toEqual([])
    workspace.file('bad.txt', 'evil.example.net\n')
    const [match] = await workspace.matched(1)
    expect(match?.observable.value).toBe('evil.example.net')
    expect(await stop(daemon)).toMatchObject({ alertsRead: 1, matches: 1 })
  })

  it('that is broken at a restart is waited for, and done without when startWait has passed', async () => {
    const path = workspace.path('event.json')
    workspace.config({ providers: { feeds: { ...feeds(path), startWait: '200ms' } } })
    workspace.file('event.json', event('evil.example.net').slice(0, 100))
    const daemon = workspace.start()
    await daemon.logged('Feed could not be loaded: nothing of it is in use', { feed: path })
    const without = 'Feeds are still missing: alerts are matched without them from now on'
    expect(await daemon.logged(without)).toMatchObject({ level: 50, missing: 1, feeds: [{ feed: path }] })
    ask(1, 'evil.example.net')
    await caughtUp(daemon, workspace.alerts())
    expect(await stop(daemon)).toMatchObject({ alertsRead: 1, matches: 0 })
  })

  it('that is missing does not keep a stop signal waiting', async () => {
    const daemon = workspace.start()
    await daemon.logged('Feeds are missing: no alert is read until they are there or the time is up')
    expect(await stop(daemon)).toMatchObject({ msg: 'Tripline stopped', alertsRead: 0 })
  })
})

describe('a one-shot command', () => {
  it('names a feed in which nothing is understood once', async () => {
    const path = workspace.file('bad.txt', '<html>\n')
    expect(await runCli(['lookup', '--feed', path, '192.0.2.1'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `tripline: ${path}: Nothing in the feed was understood\nSet the feed’s format and indicatorType if the file is what it should be.\n`,
    })
  })

  it('says which file of a folder is no feed, and which folder has none', async () => {
    mkdirSync(workspace.path('feeds/sub'), { recursive: true })
    const folder = workspace.path('feeds')
    const empty = await runCli(['lookup', '--feed', folder, 'evil.example.net'])
    expect(empty.stderr).toMatch(/Feed folder has no feed files in it.*\/feeds\b/)
    workspace.file('feeds/a.txt', 'evil.example.net\n')
    workspace.file('feeds/notes.txt', 'Ask Kim about these lists.\n')
    const { code, stdout, stderr } = await runCli(['lookup', '--feed', folder, 'evil.example.net'])
    expect({ code, stdout: stdout.split('\n')[0] }).toEqual({
      code: 0,
      stdout: 'hit: domain evil.example.net',
    })
    expect(stderr).toMatch(/^.*File in a feed folder is no feed: it is left out.*\/feeds\/notes\.txt.*\n$/)
  })
})
