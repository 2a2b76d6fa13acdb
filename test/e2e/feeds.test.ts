import { describe, expect, it } from 'vitest'
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

  it('that changes is read again: new values match, removed ones do not', async () => {
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

  it('that breaks keeps what it gave before', async () => {
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
})
