import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { AppError, type ErrorCode } from '../../src/core/errors.ts'
import { readStatus } from '../../src/intel/mirror/status.ts'
import { useMirror } from '../support/misp-mirror.ts'

const bench = useMirror()

const HOUR_MS = 3_600_000

function failing(code: ErrorCode, more: { readonly retryAfterMs?: number } = {}): never {
  throw new AppError(code, 'The scripted MISP says no', more)
}

/** `count` events with domains of their own. */
function fill(count: number, attributes = 2): readonly string[] {
  return Array.from({ length: count }, (_, event) =>
    bench.misp().add(Array.from({ length: attributes }, (__, i) => `d${i}.e${event}.example.net`)),
  )
}

it('gets smaller answers from a server that fails on large ones', async () => {
  const misp = bench.misp()
  fill(40, 3)
  misp.before = (call) => {
    if (call.kind === 'attributes' && (call.query.events?.length ?? 0) > 2) failing('PROVIDER_OVERLOADED')
  }
  const run = bench.start()
  while (run.held.size < 40) {
    await bench.until(() => run.held.size === 40 || bench.clock().sleepers().includes(1000))
    await run.pass(1000)
  }
  expect(run.mirror.state()).toBe('fresh')
  expect(run.logged('Attributes could not be fetched: they are asked for again')).toBeGreaterThan(0)
})

it('waits as long as a server says that counts searches', async () => {
  const misp = bench.misp()
  fill(2)
  let refusals = 1
  misp.before = (call) => {
    if (call.kind === 'attributes' && refusals-- > 0) failing('PROVIDER_THROTTLED', { retryAfterMs: 123_456 })
  }
  const run = bench.start()
  await bench.until(() => bench.clock().sleepers().includes(123_456))
  await run.pass(123_456)
  await run.settled()
  expect(run.held.size).toBe(2)
})

it('goes on past an event that cannot be had, and says that it is not whole', async () => {
  const misp = bench.misp()
  const [bad = ''] = fill(3)
  misp.before = (call) => {
    const events = call.kind === 'attributes' ? (call.query.events ?? []) : []
    if (events.includes(misp.events.get(bad)?.id ?? '')) failing('PROVIDER_MALFORMED')
  }
  const run = bench.start()
  while (run.held.size < 2) {
    await bench.until(
      () =>
        run.held.size === 2 ||
        bench
          .clock()
          .sleepers()
          .some((ms) => ms < 60_000),
    )
    await run.pass(15_000)
  }
  await run.settled()
  expect(run.mirror.state()).toBe('partial')
  misp.before = () => undefined
  await run.pass(HOUR_MS)
  await run.settled()
  expect(run.held.size).toBe(3)
  expect(run.mirror.state()).toBe('fresh')
})

it('events that cannot be had do not keep older ones from being fetched', async () => {
  const misp = bench.misp()
  const bad = [1, 2, 3, 4].map((n) => misp.add([`bad${n}.net`], { timestamp: 2000 + n }))
  misp.add(['good.net'], { timestamp: 1000 })
  const ids = new Set(bad.map((uuid) => misp.events.get(uuid)?.id))
  misp.before = (call) => {
    const events = call.kind === 'attributes' ? (call.query.events ?? []) : []
    if (events.some((id) => ids.has(id))) failing('PROVIDER_OVERLOADED')
  }
  const run = bench.start()
  for (let i = 0; i < 40 && run.mirror.state() === 'empty'; i++) {
    await bench.until(() => bench.clock().sleepers().length > 0)
    await run.pass(15_000)
  }
  expect(run.values()).toEqual(['good.net'])
  await run.settled()
  expect(run.mirror.state()).toBe('partial')
  expect(await readStatus(bench.folder(), 'misp')).toMatchObject({ skipped: 4 })
})

it('tells the last error until a round succeeded', async () => {
  const misp = bench.misp()
  fill(2)
  const path = join(bench.folder(), 'intel-misp.json')
  const told: string[] = []
  let down = true
  misp.before = (call) => {
    if (down) failing('PROVIDER_UNREACHABLE')
    if (call.kind === 'attributes') told.push(readFileSync(path, 'utf8'))
  }
  const run = bench.start()
  await bench.until(() => bench.clock().sleepers().includes(5000))
  down = false
  await run.pass(5000)
  await run.settled()
  expect(told).toEqual([expect.stringContaining('PROVIDER_UNREACHABLE')])
  expect(await readStatus(bench.folder(), 'misp')).not.toHaveProperty('lastError')
})
