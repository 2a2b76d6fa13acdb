import { createClient } from '@redis/client'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import type { Peers, SharedLimits, Store, Turn } from '../../src/core/ports.ts'
import { createMemoryStore } from '../../src/store/memory/memory.ts'
import { redisConfig } from '../../src/store/redis/config.ts'
import { openRedisStore } from '../../src/store/redis/open.ts'
import { sharedStoreEvents } from '../../src/telemetry/events/shared-store.ts'
import { redisInstalled, startRedis, type RedisServer } from '../support/redis-server.ts'
import { recordedTelemetry } from '../support/telemetry.ts'

const HOUR_MS = 3_600_000
/** What a test may take; times of the server are compared no closer. */
const NEAR_MS = 60_000
const LIMITS: SharedLimits = { spacingMs: 0, burst: 3, windowMs: HOUR_MS, maxWaitMs: 2000 }
const KEY = 'tripline:rate/misp'

interface Node {
  readonly store: Store
  readonly peers: Peers
  readonly telemetry: ReturnType<typeof recordedTelemetry>
}

const closing: (() => unknown)[] = []
let server: RedisServer
beforeEach(async () => {
  server = await startRedis()
})
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
  await server.remove()
})

/** An answer that comes late would come after the test's time. */
async function node(settings: object = {}): Promise<Node> {
  const telemetry = recordedTelemetry()
  const store = await openRedisStore(
    redisConfig.parse({
      type: 'redis',
      host: '127.0.0.1',
      port: server.port,
      retryDelay: '20ms',
      timeout: '1m',
      ...settings,
    }),
    {
      local: createMemoryStore({ clock: systemClock, maxEntries: 1000 }),
      clock: systemClock,
      events: sharedStoreEvents(telemetry),
      signal: new AbortController().signal,
    },
  )
  closing.push(() => store.close())
  if (store.peers === undefined) throw new Error('a store of one node')
  return { store, peers: store.peers, telemetry }
}

async function admin() {
  const client = createClient({ socket: { host: '127.0.0.1', port: server.port } })
  await client.connect()
  closing.push(() => client.destroy())
  return client
}

const take = ({ peers }: Node, limits = LIMITS, leftMs = limits.maxWaitMs): Promise<Turn | undefined> =>
  peers.take('misp', limits, leftMs)

function logged({ telemetry }: Node, message: string): Promise<unknown> {
  return expect.poll(() => telemetry.lines.map(({ msg }) => msg)).toContain(message)
}

describe.runIf(redisInstalled('what nodes tell each other'))('a budget that nodes share', () => {
  it('is one for all: no more starts in a window than the burst, and then the rest of the window', async () => {
    const [one, two] = [await node(), await node()]
    const turns = [await take(one), await take(two), await take(one), await take(two), await take(one)]
    expect(turns.map((turn) => turn?.granted)).toEqual([true, true, true, false, false])
    expect(turns.slice(0, 3).map((turn) => turn?.waitMs)).toEqual([0, 0, 0])
    const waitMs = turns[4]?.waitMs ?? 0
    expect(waitMs).toBeGreaterThan(HOUR_MS - NEAR_MS)
    expect(waitMs).toBeLessThanOrEqual(HOUR_MS)
    const client = await admin()
    expect(await client.pTTL(KEY)).toBeGreaterThan(HOUR_MS - NEAR_MS)
    // The window is over.
    await client.del(KEY)
    expect(await take(two)).toEqual({ granted: true, waitMs: 0 })
  })

  it('gives each request a start of its own, so far apart as it must be, and none beyond what is worth waiting for', async () => {
    const [one, two] = [await node(), await node()]
    const limits = { spacingMs: HOUR_MS, burst: 100, windowMs: 24 * HOUR_MS, maxWaitMs: 4 * HOUR_MS }
    const all = await Promise.all(Array.from({ length: 10 }, (_, i) => take(i % 2 ? one : two, limits)))
    const starts = all.filter((turn) => turn?.granted).map((turn) => turn?.waitMs ?? 0)
    expect(starts.map((ms) => Math.ceil(ms / HOUR_MS)).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4])
    expect(starts.every((ms) => Math.ceil(ms / HOUR_MS) * HOUR_MS - ms < NEAR_MS)).toBe(true)
    expect(await take(one, limits, HOUR_MS)).toMatchObject({ granted: false })
  })

  it('goes on in the next window where that is worth waiting for', async () => {
    const one = await node()
    const limits = { ...LIMITS, maxWaitMs: 2 * HOUR_MS }
    const turns: (Turn | undefined)[] = []
    for (let i = 0; i < 10; i++) turns.push(await take(one, limits))
    expect(
      turns.filter((turn) => turn?.granted).map((turn) => Math.ceil((turn?.waitMs ?? 0) / HOUR_MS)),
    ).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2])
  })

  it('is begun anew where what lies there is damaged, or of a clock that was set back', async () => {
    const client = await admin()
    const one = await node()
    const far = Date.now() + 2 * HOUR_MS
    const values = [
      '',
      'x',
      '1 2',
      '1 2 3 4',
      `${far} 1 1`,
      `1 1 ${far}`,
      '1 4 1',
      '9'.repeat(500),
      '-1 -1 -1',
      '1 nan 1',
    ]
    for (const value of values) {
      await client.set(KEY, value)
      expect([value, await take(one), await take(one)]).toEqual([
        value,
        { granted: true, waitMs: 0, damaged: true },
        { granted: true, waitMs: 0 },
      ])
    }
    await client.del(KEY)
    await client.lPush(KEY, 'x')
    expect(await take(one)).toEqual({ granted: true, waitMs: 0, damaged: true })
    expect(one.telemetry.lines.map(({ msg }) => msg)).toEqual(['The shared store is connected'])
  })

  it('is the same after the server was killed and restarted; meanwhile there is no answer', async () => {
    const [one, two] = [await node(), await node()]
    for (let i = 0; i < 3; i++) await take(one)
    await server.kill()
    await logged(two, 'The shared store is away')
    expect(await take(two)).toBeUndefined()
    await server.start()
    await expect.poll(() => take(two)).toMatchObject({ granted: false })
  })

  it('waits for no server, also where the store does', async () => {
    const one = await node({ whenDown: 'wait' })
    await server.kill()
    await logged(one, 'The shared store is away')
    expect(await take(one)).toBeUndefined()
    await one.peers.leaveHint('misp', Buffer.from('x'), HOUR_MS)
    expect(await one.peers.hint('misp')).toBeUndefined()
  })

  it('gives no answer, and holds up nobody, where the server hangs', async () => {
    const one = await node()
    server.pause()
    expect(await take(one)).toBeUndefined()
    expect(await one.peers.hint('misp')).toBeUndefined()
    server.goOn()
    await expect.poll(() => take(one)).toMatchObject({ granted: true })
  })

  it('is there for a user with the rights that docs/operations.md names', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8')
    const rights = /on keys with the prefix: `([^`]+)`/.exec(page)?.[1]?.split(' ') ?? []
    expect(rights).toHaveLength(11)
    const client = await admin()
    await client.sendCommand(['ACL', 'SETUSER', 'node', 'on', '>PLANTED', '~tripline:*', ...rights])
    const one = await node({ username: 'node', password: 'PLANTED', db: 1 })
    expect(await take(one)).toEqual({ granted: true, waitMs: 0 })
    await one.peers.leaveHint('misp', Buffer.from('x'), HOUR_MS)
    await one.store.set('a', Buffer.from('x'), HOUR_MS)
    for await (const [key] of one.store.scan('a')) expect(key).toBe('a')
    expect(one.telemetry.lines.map(({ msg }) => msg)).toEqual(['The shared store is connected'])
  })

  it('is not there for a user without the right to it, who keeps the store', async () => {
    const client = await admin()
    await client.sendCommand(['ACL', 'SETUSER', 'old', 'on', '>PLANTED', '~*', '+@all', '-eval'])
    const one = await node({ username: 'old', password: 'PLANTED' })
    expect([await take(one), await take(one)]).toEqual([undefined, undefined])
    await one.store.set('a', Buffer.from('x'), HOUR_MS)
    expect(await client.get('tripline:a')).toBe('x')
    expect(one.telemetry.lines).toMatchObject([
      { msg: 'The shared store is connected' },
      { level: 40, code: 'STORE_REFUSED', hint: expect.stringContaining('EVAL') as string },
    ])
    expect(JSON.stringify(one.telemetry.lines)).not.toContain('PLANTED')
  })
})

describe.runIf(redisInstalled('hints between nodes'))('a hint', () => {
  const bytes = Buffer.from([0, 255, 10])

  it('is seen by the other node, for its time, until it is cleared', async () => {
    const [one, two] = [await node(), await node()]
    await one.peers.leaveHint('misp', bytes, HOUR_MS)
    expect(await two.peers.hint('misp')).toEqual(new Uint8Array(bytes))
    const client = await admin()
    expect(await client.pTTL('tripline:hint/misp')).toBeGreaterThan(HOUR_MS - NEAR_MS)
    expect(await client.pTTL('tripline:hint/misp')).toBeLessThanOrEqual(HOUR_MS)
    await two.peers.clearHint('misp')
    expect(await one.peers.hint('misp')).toBeUndefined()
  })

  it('of another kind of value cannot be understood, and costs no connection', async () => {
    const client = await admin()
    const one = await node()
    await client.lPush('tripline:hint/misp', 'x')
    expect(await one.peers.hint('misp')).toEqual(new Uint8Array(0))
    expect(await one.telemetry.metrics.total('shared_store_up')).toBe(1)
    await one.store.set('a', bytes, HOUR_MS)
    expect(one.telemetry.lines.map(({ msg }) => msg)).toEqual(['The shared store is connected'])
  })

  it('is neither kept nor told later while the server is away', async () => {
    const [one, two] = [await node(), await node()]
    await server.kill()
    await logged(one, 'The shared store is away')
    await one.peers.leaveHint('misp', bytes, HOUR_MS)
    await one.peers.clearHint('misp')
    expect(await one.peers.hint('misp')).toBeUndefined()
    await one.store.set('a', bytes, HOUR_MS)
    await server.start()
    await logged(one, 'The shared store knows what was written while it was away')
    await expect.poll(() => two.store.get('a')).toEqual(new Uint8Array(bytes))
    expect(await two.peers.hint('misp')).toBeUndefined()
  })
})
