import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AppError, type ErrorCode } from '../../src/core/errors.ts'
import { readStatus } from '../../src/intel/mirror/status.ts'
import { createMispMirror } from '../../src/intel/misp/mirror/mirror-sync.ts'
import { useMirror } from '../support/misp-mirror.ts'
import { mountSmallDisk, mountsWork, type SmallDisk } from '../support/small-disk.ts'
import { row, type ScriptedCall } from '../support/scripted-misp.ts'

const bench = useMirror()

function failing(code: ErrorCode): never {
  throw new AppError(code, 'The scripted MISP says no')
}

/** `count` events with domains of their own. */
function fill(count: number, attributes = 2): readonly string[] {
  return Array.from({ length: count }, (_, event) =>
    bench.misp().add(Array.from({ length: attributes }, (__, i) => `d${i}.e${event}.example.net`)),
  )
}

function asked(): readonly ScriptedCall[] {
  return bench.misp().calls
}

describe('the first copy', () => {
  it('has every published event, newest first, then is ready', async () => {
    const misp = bench.misp()
    misp.add(['old.example.net'], { timestamp: 100 })
    misp.add(['new.example.net'], { timestamp: 200 })
    misp.add(['draft.example.net'], { published: false })
    misp.add([])
    const run = bench.start()
    await run.settled()
    expect([...run.held.values()]).toEqual([['new.example.net'], ['old.example.net']])
    expect(run.changes.at(-1)).toBe('ready')
    expect(run.mirror.state()).toBe('fresh')
    expect(await run.telemetry.metrics.total('mirror_events')).toBe(3)
    expect(await readStatus(bench.folder(), 'misp')).toMatchObject({
      state: 'fresh',
      events: 3,
      indicators: 2,
      cursor: misp.now,
    })
  })

  it('writes no user information of the URL into the status file', async () => {
    bench.misp().add(['new.example.net'])
    const run = bench.start({ url: 'https://user:password@misp.example/misp/?key=password' })
    await run.settled()
    expect(await readStatus(bench.folder(), 'misp')).toMatchObject({ url: 'https://misp.example/misp' })
  })

  it('asks for few events first, then for as many as fill a page; one large event comes in pages', async () => {
    fill(300, 1)
    bench.misp().add(Array.from({ length: 950 }, (_, i) => `n${i}.large.example.net`))
    const run = bench.start()
    await run.settled()
    expect(run.values()).toHaveLength(1250)
    const queries = asked().flatMap((call) => (call.kind === 'attributes' ? [call.query] : []))
    expect(queries.length).toBeLessThan(50)
    expect(Math.max(...queries.map(({ page = 1 }) => page))).toBe(10)
    // The last look at the large one wants to know only whether it is still published.
    expect(new Set(queries.map(({ limit }) => limit))).toEqual(new Set([100, 1]))
  })

  it('R43: is gone on with after a stop at any answer, and nothing of it is half', async () => {
    const uuids = fill(25, 30)
    const misp = bench.misp()
    let answers = 0
    let whole = 0
    let stops = 0
    for (let allowed = 1; whole < 25; allowed++) {
      answers = 0
      const run = bench.start()
      misp.before = () => {
        answers += 1
        if (answers > allowed) void run.stop()
      }
      await run.settled()
      await run.stop()
      for (const [uuid, values] of run.held) {
        expect(uuids).toContain(uuid)
        expect(values).toHaveLength(30)
      }
      expect(run.held.size).toBeGreaterThanOrEqual(whole)
      const { events } = (await readStatus(bench.folder(), 'misp')) ?? {}
      expect(events).toBeGreaterThanOrEqual(run.held.size)
      whole = run.held.size
      stops += 1
    }
    expect(stops).toBeGreaterThan(3)
    // The last one had only to fetch what the others had not.
    const last = asked().findLastIndex(({ kind }) => kind === 'index')
    const fetched = asked()
      .slice(last)
      .flatMap((call) => (call.kind === 'attributes' ? (call.query.events ?? []) : []))
    expect(fetched.length).toBeLessThan(25)
  })
})

describe('a restart', () => {
  it('with a part of the copy: the wait for the rest begins when that part is loaded', async () => {
    fill(25, 30)
    const misp = bench.misp()
    const first = bench.start()
    misp.before = () => {
      if (first.held.size > 5) failing('PROVIDER_UNREACHABLE')
    }
    await bench.until(() => bench.clock().sleepers().length > 1)
    await first.stop()
    const mirror = createMispMirror(bench.options({ mode: 'hybrid' }))
    const stop = new AbortController()
    const { events = 0 } = (await readStatus(bench.folder(), 'misp')) ?? {}
    let loaded = 0
    const waits: (readonly number[])[] = []
    for await (const change of mirror.changes(stop.signal)) {
      if (change.kind === 'ready') stop.abort()
      if (change.kind !== 'replace') continue
      for await (const _ of change.load(stop.signal));
      await bench.clock().advance(9000)
      loaded += 1
      if (loaded < events) continue
      void bench
        .until(() => bench.clock().sleepers().includes(5000))
        .then(() => {
          waits.push(bench.clock().sleepers())
          return bench.clock().advance(10_000)
        })
    }
    expect(loaded).toBeGreaterThan(5)
    expect(waits).toEqual([expect.arrayContaining([5000, 10_000])])
    await mirror.close()
  })

  it('is not up to date before all of the copy is loaded: until then values are asked online', async () => {
    fill(30)
    const first = bench.start()
    await first.settled()
    await first.stop()
    const stop = new AbortController()
    const mirror = createMispMirror(bench.options())
    const states = new Map<string, string>()
    for await (const { kind } of mirror.changes(stop.signal)) {
      if (!states.has(kind)) states.set(kind, mirror.state())
      if (kind === 'ready') break
    }
    stop.abort()
    await mirror.close()
    expect([...states]).toEqual([
      ['replace', 'empty'],
      ['ready', 'fresh'],
    ])
  })

  it('without the MISP has everything, is ready at once, and grows stale', async () => {
    const misp = bench.misp()
    fill(30)
    const first = bench.start()
    await first.settled()
    await first.stop()
    misp.before = () => failing('PROVIDER_UNREACHABLE')
    const second = bench.start({ mirror: { staleAfter: '15m' } })
    await second.settled()
    expect(second.held.size).toBe(30)
    expect(second.changes.indexOf('ready')).toBe(30)
    expect(second.mirror.state()).toBe('fresh')
    await second.round()
    await second.round()
    await second.round()
    expect(second.mirror.state()).toBe('stale')
    expect(second.held.size).toBe(30)
    expect(second.logged('The mirror is stale: it was not brought up to date for too long')).toBe(1)
    expect(await readStatus(bench.folder(), 'misp')).toMatchObject({
      state: 'stale',
      lastError: { code: 'PROVIDER_UNREACHABLE', message: 'The scripted MISP says no' },
    })
    expect(second.notices).toEqual(['failing PROVIDER_UNREACHABLE'])
    misp.before = () => undefined
    await second.round()
    expect(second.mirror.state()).toBe('fresh')
    expect(second.notices).toEqual(['failing PROVIDER_UNREACHABLE', 'recovered PROVIDER_UNREACHABLE'])
  })

  it('fetches only what changed meanwhile', async () => {
    const misp = bench.misp()
    const [uuid = ''] = fill(30)
    const first = bench.start()
    await first.settled()
    await first.stop()
    misp.now += 60
    misp.edit(uuid, ({ rows }) => rows.push(row('new.net')))
    misp.publish(uuid)
    misp.taken('attributes')
    const second = bench.start()
    await second.settled()
    expect(second.values()).toContain('new.net')
    expect(misp.taken('attributes')).toBe(1)
  })

  it('with a damaged copy fetches everything again', async () => {
    fill(5)
    const first = bench.start()
    await first.settled()
    await first.stop()
    const path = join(bench.folder(), 'intel-misp.lmdb')
    truncateSync(path, 5000)
    writeFileSync(join(bench.folder(), 'intel-misp.json'), '{')
    const second = bench.start()
    await second.settled()
    expect(second.held.size).toBe(5)
    expect(second.logged('The local copy of a MISP cannot be used: it is fetched from the MISP again')).toBe(
      1,
    )
    expect(existsSync(`${path}.damaged`)).toBe(true)
    expect(JSON.parse(readFileSync(join(bench.folder(), 'intel-misp.json'), 'utf8'))).toMatchObject({
      events: 5,
    })
  })

  it('with other settings of the same provider begins anew', async () => {
    fill(5)
    const first = bench.start()
    await first.settled()
    await first.stop()
    const misp = bench.misp()
    misp.events.clear()
    misp.add(['other.net'])
    const second = bench.start({ url: 'https://other.example' })
    await second.settled()
    expect(second.values()).toEqual(['other.net'])
  })
})

describe('while there is no first copy', () => {
  it('alerts wait as long as answers come, then go on without', async () => {
    const misp = bench.misp()
    fill(3)
    misp.before = (call) => {
      if (call.kind === 'attributes') failing('PROVIDER_UNREACHABLE')
    }
    const run = bench.start()
    let waitedMs = 0
    while (!run.changes.includes('ready')) {
      await bench.until(() => run.changes.includes('ready') || bench.clock().sleepers().length > 1)
      await run.pass(5000)
      waitedMs += 5000
    }
    expect(waitedMs).toBeGreaterThanOrEqual(60_000)
    expect(
      run.logged('The server is not copied yet: alerts are matched without what is missing from now on'),
    ).toBe(1)
    expect(run.mirror.state()).toBe('empty')
    misp.before = () => undefined
    while (run.held.size < 3) {
      await bench.until(() => run.held.size === 3 || bench.clock().sleepers().length > 0)
      await run.pass(60_000)
    }
    await run.settled()
    expect(run.changes.filter((kind) => kind === 'ready')).toHaveLength(1)
    expect(run.mirror.state()).toBe('fresh')
  })

  it('in hybrid they wait a short time only', async () => {
    bench.misp().before = () => failing('PROVIDER_UNREACHABLE')
    const run = bench.start({ mode: 'hybrid' })
    await bench.until(() => bench.clock().sleepers().length > 1)
    await run.pass(10_000)
    await bench.until(() => run.changes.includes('ready'))
    expect(run.mirror.state()).toBe('empty')
  })
})

it('offers again what the mirror in memory could not take', async () => {
  fill(3)
  const run = bench.start()
  run.full = true
  await run.settled()
  expect(run.held.size).toBe(0)
  run.full = false
  await run.round()
  expect(run.held.size).toBe(3)
  const { length } = run.changes
  await run.round()
  expect(run.changes).toHaveLength(length)
})

describe.runIf(mountsWork('a mirror on a full disk'))('on a full disk', () => {
  let disk: SmallDisk
  beforeEach(() => {
    disk = mountSmallDisk(bench.folder(), '2m')
  })
  afterEach(() => disk.remove())

  it('keeps what it has, says so, and goes on when there is room', async () => {
    const misp = bench.misp()
    const uuid = misp.add(['a.net'])
    const run = bench.start()
    await run.settled()
    const others = join(bench.folder(), 'others')
    writeFileSync(others, Buffer.alloc(1_800_000))
    misp.edit(uuid, ({ rows }) => rows.push(row('b.net')))
    misp.publish(uuid)
    expect(await run.round()).toEqual(['a.net'])
    const message = 'The mirror could not be brought up to date: what it has stays in use, it is tried again'
    expect(run.telemetry.lines.find(({ msg }) => msg === message)).toMatchObject({
      code: 'STATE_UNWRITABLE',
      error: expect.stringContaining('intel-misp.lmdb') as string,
    })
    rmSync(others)
    expect(await run.round()).toEqual(['a.net', 'b.net'])
    expect(run.mirror.state()).toBe('fresh')
    await run.stop()
  })

  it('waits for room before there is anything', async () => {
    bench.misp().add(['a.net'])
    const others = join(bench.folder(), 'others')
    writeFileSync(others, Buffer.alloc(2_050_000))
    const run = bench.start()
    await run.settled()
    expect(run.mirror.state()).toBe('empty')
    expect(
      run.logged('The local copy of a MISP cannot be kept: what is in use stays, it is tried again'),
    ).toBe(1)
    rmSync(others)
    await run.pass(5000)
    await run.settled()
    expect(run.values()).toEqual(['a.net'])
    await run.stop()
  })
})
