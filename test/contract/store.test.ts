import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { createMemoryStore } from '../../src/store/memory/memory.ts'
import { openLmdbStore } from '../../src/store/lmdb/lmdb.ts'
import { openStore, STORES } from '../../src/store/registry.ts'
import { storeEvents } from '../../src/telemetry/events/store.ts'
import { manualClock } from '../support/clock.ts'
import { recordedTelemetry } from '../support/telemetry.ts'
import { keysOf, storeContract } from './store.ts'

const freshDir = (): Promise<string> => mkdtemp(join(tmpdir(), 'tripline-store-'))
const events = storeEvents(recordedTelemetry())
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)

const moduleUrl = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)

storeContract('memory', () =>
  Promise.resolve({
    open: (clock) => Promise.resolve(createMemoryStore({ clock, maxEntries: 100_000 })),
    remove: () => Promise.resolve(),
  }),
)

storeContract('lmdb', async () => {
  const stateDir = await freshDir()
  return {
    open: (clock) => openLmdbStore({ stateDir, clock, events }),
    remove: () => rm(stateDir, { recursive: true }),
  }
})

describe('memory store', () => {
  it('holds no more than maxEntries: what expires next makes room', async () => {
    const store = createMemoryStore({ clock: manualClock(), maxEntries: 3 })
    await store.set('ever', bytes(''), Infinity)
    for (const ttl of [500, 100, 300, 200, 400]) await store.set(`t${ttl}`, bytes(''), ttl)
    expect(await keysOf(store, '')).toEqual(['ever', 't400', 't500'])
  })

  it('keeps the newest lifetime of a key written often', async () => {
    const clock = manualClock()
    const store = createMemoryStore({ clock, maxEntries: 2 })
    for (let i = 0; i < 1000; i++) await store.set('hot', bytes(`${i}`), 10)
    await store.set('hot', bytes('last'), 5000)
    await clock.advance(1000)
    expect(await store.get('hot')).toEqual(bytes('last'))
  })
})

describe('lmdb store', () => {
  let stateDir: string
  beforeEach(async () => {
    stateDir = await freshDir()
  })
  afterEach(() => rm(stateDir, { recursive: true }))

  it('keeps entries, claims and their expiry over a restart', async () => {
    const clock = manualClock()
    const before = await openLmdbStore({ stateDir, clock, events })
    await before.set('a', bytes('kept'), 10_000)
    await before.claim('c', 10_000)
    await before.close()
    const after = await openLmdbStore({ stateDir, clock, events })
    expect(await after.get('a')).toEqual(bytes('kept'))
    expect(await after.claim('c', 10_000)).toBe(false)
    await clock.advance(10_000)
    expect(await after.get('a')).toBeUndefined()
    expect(await after.claim('c', 10_000)).toBe(true)
    await after.close()
  })

  it('gives a claim to one of two stores on the same file', async () => {
    const clock = manualClock()
    const stores = [
      await openLmdbStore({ stateDir, clock, events }),
      await openLmdbStore({ stateDir, clock, events }),
    ]
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => stores.map((store) => store.claim(`k${i}`, 1000))).flat(),
    )
    expect(answers.filter(Boolean)).toHaveLength(100)
    for (const store of stores) await store.close()
  })

  it('sweeps expired entries away with later writes', async () => {
    const clock = manualClock()
    const store = await openLmdbStore({ stateDir, clock, events })
    await Promise.all(Array.from({ length: 300 }, (_, i) => store.set(`old:${i}`, bytes(''), 1000)))
    await clock.advance(1000)
    for (let i = 0; i < 200; i++) await store.set(`new:${i}`, bytes(''), 1000)
    await store.close()
    const db = open<Buffer, Buffer>({
      path: join(stateDir, 'state.lmdb'),
      encoding: 'binary',
      keyEncoding: 'binary',
      useVersions: true,
    })
    expect([...db.getKeys()]).toHaveLength(200)
    await db.close()
  })

  it('puts many claims of one turn into about one transaction', async () => {
    const store = await openLmdbStore({ stateDir, clock: manualClock(), events })
    const db = open<Buffer, Buffer>({ path: join(stateDir, 'state.lmdb'), encoding: 'binary' })
    const transactions = (): number => (db.getStats() as { lastTxnId: number }).lastTxnId
    const before = transactions()
    await Promise.all(Array.from({ length: 256 }, (_, i) => store.claim(`k${i}`, 1000)))
    expect(transactions() - before).toBeLessThanOrEqual(3)
    await db.close()
    await store.close()
  })

  it('keeps what a process had written before it was killed', async () => {
    const script = `import { openLmdbStore } from ${moduleUrl('store/lmdb/lmdb.ts')}
      import { systemClock as clock } from ${moduleUrl('core/clock.ts')}
      const store = await openLmdbStore({ stateDir: ${JSON.stringify(stateDir)}, clock, events: {} })
      await store.set('checkpoint', new Uint8Array([42]), Infinity)
      await store.claim('claimed', 3_600_000)
      console.log('written')
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const store = await openLmdbStore({ stateDir, clock: systemClock, events })
    expect(await store.get('checkpoint')).toEqual(new Uint8Array([42]))
    expect(await store.claim('claimed', 1000)).toBe(false)
    await store.close()
  })

  it('treats a damaged record as absent', async () => {
    const clock = manualClock()
    const store = await openLmdbStore({ stateDir, clock, events })
    await store.set('a', bytes('x'), 1000)
    const db = open<Buffer, Buffer>({
      path: join(stateDir, 'state.lmdb'),
      encoding: 'binary',
      keyEncoding: 'binary',
      useVersions: true,
    })
    await db.put(Buffer.from('\0a'), Buffer.from([9, 9, 9]))
    await db.close()
    expect(await store.get('a')).toBeUndefined()
    expect(await keysOf(store, '')).toEqual([])
    expect(await store.claim('a', 1000)).toBe(true)
    await store.close()
  })

  it.each([
    ['foreign bytes', Buffer.alloc(9000, 'garbage')],
    ['zeros', Buffer.alloc(8192)],
    ['a cut file', Buffer.alloc(100, 1)],
  ])('refuses %s in place of the state file', async (_name, content) => {
    await writeFile(join(stateDir, 'state.lmdb'), content)
    await expect(openLmdbStore({ stateDir, clock: manualClock(), events })).rejects.toMatchObject({
      code: 'STATE_UNWRITABLE',
    })
  })

  it('counts a failure and says so with a code', async () => {
    const telemetry = recordedTelemetry()
    const store = await openLmdbStore({ stateDir, clock: manualClock(), events: storeEvents(telemetry) })
    await store.close()
    await expect(store.set('a', bytes(''), 1)).rejects.toMatchObject({ code: 'STATE_UNWRITABLE' })
    expect(await telemetry.metrics.total('store_errors_total')).toBe(1)
  })
})

describe('store registry', () => {
  it('opens the memory store with its settings', async () => {
    const config = STORES.memory.config.parse({ type: 'memory', maxEntries: 1 })
    const store = await openStore(config, { stateDir: tmpdir(), clock: manualClock(), events })
    await store.set('a', bytes(''), 1000)
    await store.set('b', bytes(''), 2000)
    expect(await keysOf(store, '')).toEqual(['b'])
  })
})
