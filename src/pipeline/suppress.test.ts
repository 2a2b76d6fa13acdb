import { describe, expect, it } from 'vitest'
import { alertWith } from '../../test/support/alerts.ts'
import { manualClock } from '../../test/support/clock.ts'
import { indicatorOf } from '../../test/support/index.ts'
import type { Match } from '../core/match.ts'
import type { Store } from '../core/ports.ts'
import { createMemoryStore } from '../store/memory/memory.ts'
import { suppressConfig } from './config.ts'
import { createNodeClaims } from './node-claims.ts'
import { createMatchSuppression } from './suppress.ts'

const MINUTE = 60_000

function matchOf(value: string, agent = '001'): Match {
  const indicator = indicatorOf({ type: 'ipv4', value })
  return {
    id: `${value}/${agent}`,
    alert: alertWith({}, { agent: { id: agent, name: `host-${agent}` } }),
    observable: { type: 'ipv4', value, where: ['data.srcip'] },
    kind: 'exact',
    via: 'mirror',
    indicators: [{ indicator, kind: 'exact' }],
    matchedAt: 0,
    repeats: 0,
    suppressedBy: [],
  }
}

/** A store that keeps entries until their time is over by this clock. */
function storeOf(clock = manualClock()): Store & { readonly kept: Map<string, number> } {
  const kept = new Map<string, number>()
  return {
    kept,
    get: async (key) => ((kept.get(key) ?? 0) > clock.now() ? new Uint8Array(0) : undefined),
    set: async (key, _value, ttlMs) => void kept.set(key, clock.now() + ttlMs),
    claim: async () => true,
    delete: async (key) => void kept.delete(key),
    scan: async function* () {},
    count: async () => 0,
    close: async () => undefined,
  }
}

const values = (matches: readonly Match[]) => matches.map(({ id }) => id)

describe('match suppression', () => {
  it('reports once per observable and agent, a new agent always', async () => {
    const suppression = createMatchSuppression(suppressConfig.parse({}), storeOf(), manualClock())
    const first = await suppression.claim([matchOf('9.9.9.9'), matchOf('9.9.9.9'), matchOf('9.9.9.9', '002')])
    expect(values(first)).toEqual(['9.9.9.9/001', '9.9.9.9/002'])
    await suppression.confirm(first)
    expect(await suppression.claim([matchOf('9.9.9.9'), matchOf('8.8.4.4')])).toHaveLength(1)
  })

  it('counts no repeat of what is reported after all, because the store failed at another one', async () => {
    const clock = manualClock()
    const inner = storeOf(clock)
    let fails = false
    const store = {
      ...inner,
      get: (key: string) => (fails ? Promise.reject(new Error('away')) : inner.get(key)),
    }
    const suppression = createMatchSuppression(suppressConfig.parse({}), store, clock)
    await suppression.confirm(await suppression.claim([matchOf('1.1.1.1')]))
    fails = true
    const all = [matchOf('1.1.1.1'), matchOf('9.9.9.9')]
    await expect(suppression.claim(all)).rejects.toThrow('away')
    fails = false
    await suppression.confirm(all)
    expect(suppression.rollUp('all')).toEqual([])
  })

  it('suppresses everywhere with scope observable', async () => {
    const suppression = createMatchSuppression(
      suppressConfig.parse({ scope: 'observable' }),
      storeOf(),
      manualClock(),
    )
    expect(values(await suppression.claim([matchOf('9.9.9.9'), matchOf('9.9.9.9', '002')]))).toEqual([
      '9.9.9.9/001',
    ])
  })

  it('tells with the next report how many were suppressed', async () => {
    const clock = manualClock()
    const suppression = createMatchSuppression(suppressConfig.parse({}), storeOf(clock), clock)
    await suppression.confirm(await suppression.claim([matchOf('9.9.9.9')]))
    await suppression.claim([matchOf('9.9.9.9'), matchOf('9.9.9.9')])
    await clock.advance(10 * MINUTE)
    const [next] = await suppression.claim([matchOf('9.9.9.9')])
    expect(next?.repeats).toBe(2)
  })

  it('a crash between claim and confirm leaves nothing behind: the match is reported again', async () => {
    const store = storeOf()
    await createMatchSuppression(suppressConfig.parse({}), store, manualClock()).claim([matchOf('9.9.9.9')])
    const afterCrash = createMatchSuppression(suppressConfig.parse({}), store, manualClock())
    expect(await afterCrash.claim([matchOf('9.9.9.9')])).toHaveLength(1)
  })

  it('a restart after confirm keeps the window, every time it is asked', async () => {
    const clock = manualClock()
    const store = storeOf(clock)
    const before = createMatchSuppression(suppressConfig.parse({}), store, clock)
    await before.confirm(await before.claim([matchOf('9.9.9.9')]))
    const after = createMatchSuppression(suppressConfig.parse({}), store, clock)
    expect(await after.claim([matchOf('9.9.9.9')])).toEqual([])
    expect(await after.claim([matchOf('9.9.9.9')])).toEqual([])
    await clock.advance(10 * MINUTE)
    expect(await after.claim([matchOf('9.9.9.9')])).toHaveLength(1)
  })

  it('keeps agents of one number apart by name, and managers', async () => {
    const suppression = createMatchSuppression(suppressConfig.parse({}), storeOf(), manualClock())
    const match = matchOf('9.9.9.9')
    const renamed = { ...match, alert: { ...match.alert, agent: { id: '001', name: 'other' } } }
    const elsewhere = { ...match, alert: { ...match.alert, manager: 'second' } }
    expect(await suppression.claim([match, renamed, elsewhere])).toHaveLength(3)
  })

  it('takes an agent of a cluster for one, whichever node it is connected to', async () => {
    const suppression = createMatchSuppression(suppressConfig.parse({}), storeOf(), manualClock())
    const match = matchOf('9.9.9.9')
    const nodes = ['master', 'worker'].map((node): Match => {
      const body = { cluster: { name: 'soc', node }, manager: { name: node } }
      return { ...match, alert: { ...match.alert, body, manager: node, node } }
    })
    const other = {
      ...match,
      alert: { ...match.alert, body: { cluster: { name: 'lab' } }, manager: 'master' },
    }
    expect(await suppression.claim([...nodes, other])).toHaveLength(2)
  })

  it('does not let a held match stand for a true one', async () => {
    const suppression = createMatchSuppression(suppressConfig.parse({}), storeOf(), manualClock())
    const held: Match = { ...matchOf('9.9.9.9'), suppressedBy: ['expired'] }
    await suppression.confirm(await suppression.claim([held]))
    expect(await suppression.claim([held, matchOf('9.9.9.9')])).toMatchObject([{ suppressedBy: [] }])
  })

  it('rolls repeats up once, when their window has ended or when asked for all', async () => {
    const clock = manualClock()
    const suppression = createMatchSuppression(suppressConfig.parse({}), storeOf(clock), clock)
    await suppression.confirm(await suppression.claim([matchOf('9.9.9.9')]))
    await suppression.claim([matchOf('9.9.9.9'), matchOf('9.9.9.9')])
    expect(suppression.rollUp('ended')).toEqual([])
    await clock.advance(10 * MINUTE)
    expect(suppression.rollUp('ended')).toEqual([
      { observable: 'ipv4:9.9.9.9', agentId: '001', agentName: 'host-001', repeats: 2 },
    ])
    expect(suppression.rollUp('all')).toEqual([])
  })

  it('tells of repeats that came while the report was under way', async () => {
    const clock = manualClock()
    const suppression = createMatchSuppression(suppressConfig.parse({}), storeOf(clock), clock)
    const first = await suppression.claim([matchOf('9.9.9.9')])
    await suppression.claim([matchOf('9.9.9.9'), matchOf('9.9.9.9')])
    await suppression.confirm(first)
    expect(suppression.rollUp('all')).toMatchObject([{ repeats: 2 }])
    await clock.advance(10 * MINUTE)
    expect(await suppression.claim([matchOf('9.9.9.9')])).toMatchObject([{ repeats: 2 }])
  })

  it('counts the repeats of keys that had to make room before they were told', async () => {
    const clock = manualClock()
    let forgotten = 0
    const suppression = createMatchSuppression(suppressConfig.parse({}), storeOf(clock), clock, {
      onForgotten: (repeats) => {
        forgotten += repeats
      },
    })
    const many = Array.from({ length: 50_001 }, (_, number) => matchOf(`value ${number}`))
    await suppression.confirm(await suppression.claim(many.slice(0, 1)))
    await suppression.claim(many.slice(0, 1))
    await suppression.confirm(await suppression.claim(many.slice(1)))
    expect(forgotten).toBe(1)
  })
})

/** Each with its own memory, on one store. */
function twoNodes() {
  const clock = manualClock()
  const store = createMemoryStore({ clock, maxEntries: 100 })
  const node = () => {
    const nodes = createNodeClaims(store, clock, new AbortController().signal)
    return createMatchSuppression(suppressConfig.parse({}), store, clock, { nodes })
  }
  return { clock, one: node(), two: node() }
}

describe('match suppression of nodes that share a store', () => {
  it('does not stand still when they meet the same values in opposite orders', async () => {
    const { clock, one, two } = twoNodes()
    const [first, second] = [matchOf('9.9.9.9'), matchOf('8.8.4.4')]
    let claimed: readonly Match[] | undefined
    const done = one.claim([first, second]).then((matches) => (claimed = matches))
    const other = two.claim([second, first])
    for (let passed = 0; passed < 1000; passed += 100) await clock.advance(100)
    // Long before a claim ends by itself; in the order they were given.
    expect(values(claimed ?? [])).toEqual(['9.9.9.9/001', '8.8.4.4/001'])
    await one.confirm(await done)
    await clock.advance(100)
    expect(await other).toEqual([])
  })

  it('reports once a window, whichever node reported in the window before', async () => {
    const { clock, one, two } = twoNodes()
    for (const nodes of [
      [one, two],
      [two, one],
      [one, two],
    ]) {
      const reported: number[] = []
      for (const node of nodes) {
        const matches = await node.claim([matchOf('9.9.9.9')])
        reported.push(matches.length)
        await node.confirm(matches)
      }
      expect(reported).toEqual([1, 0])
      await clock.advance(10 * MINUTE)
    }
  })
})
