import { describe, expect, it } from 'vitest'
import { alertWith } from '../../test/support/alerts.ts'
import { manualClock } from '../../test/support/clock.ts'
import { keptDeadLetters } from '../../test/support/dead-letters.ts'
import { recordedTelemetry } from '../../test/support/telemetry.ts'
import type { Store } from '../core/ports.ts'
import { createMemoryStore } from '../store/memory/memory.ts'
import { pendingEvents } from '../telemetry/events/pending.ts'
import { onlineConfig } from './config.ts'
import { openPendingQueue } from './pending.ts'
import { kept, type PendingAlert } from './pending-chunk.ts'
import { parseAlertText } from './schema.ts'

const never = new AbortController().signal

function pendingOf(...values: readonly string[]): readonly PendingAlert[] {
  return values.map((value) => ({
    alert: alertWith({ ip: value }, { id: `id ${value}` }),
    questions: [{ observable: { type: 'ipv4', value, where: ['data.ip'] }, hostNamed: false }],
  }))
}

async function setUp(settings: object = {}, given?: { store: Store; clock: ReturnType<typeof manualClock> }) {
  const clock = given?.clock ?? manualClock()
  const store = given?.store ?? createMemoryStore({ clock, maxEntries: 1000 })
  const telemetry = recordedTelemetry(clock)
  const config = onlineConfig.parse({ pending: settings }).pending
  const events = pendingEvents(telemetry)
  const deadLetters = keptDeadLetters()
  const queue = await openPendingQueue({
    config,
    providers: ['misp'],
    store,
    clock,
    events,
    deadLetters,
    stop: never,
  })
  return { queue, store, clock, telemetry, deadLetters }
}

describe('the pending queue', () => {
  it('gives alerts back as they were, oldest first, and forgets what is settled', async () => {
    const { queue, clock } = await setUp()
    const [first, second] = [pendingOf('1.1.1.1', '1.1.1.2'), pendingOf('2.2.2.2')]
    await queue.put('misp', first, never)
    await clock.advance(1000)
    await queue.put('misp', second, never)
    const chunks = await queue.oldest('misp', 100)
    expect(chunks.map(({ alerts }) => alerts)).toEqual([first.map(kept), second.map(kept)])
    expect(parseAlertText(chunks[0]?.alerts[0]?.text ?? '')).toEqual(first[0]?.alert)
    expect((chunks[1]?.since ?? 0) - (chunks[0]?.since ?? 0)).toBe(1000)
    expect(queue.size('misp')).toMatchObject({ alerts: 3, bornAt: 0 })
    for (const chunk of chunks) await queue.settle('misp', chunk, chunk.alerts.slice(1))
    expect((await queue.oldest('misp', 100)).map(({ alerts }) => alerts)).toEqual([first.slice(1).map(kept)])
  })

  it('gives no more than asked for', async () => {
    const { queue } = await setUp()
    for (const value of ['1.1.1.1', '2.2.2.2', '3.3.3.3']) await queue.put('misp', pendingOf(value), never)
    expect(await queue.oldest('misp', 2)).toHaveLength(2)
  })

  it('is found again by the next process, in order, and goes on behind it', async () => {
    const before = await setUp()
    await before.queue.put('misp', pendingOf('1.1.1.1'), never)
    await before.queue.put('misp', pendingOf('2.2.2.2'), never)
    before.clock.step(-3_600_000)
    const { queue, telemetry } = await setUp({}, before)
    await queue.put('misp', pendingOf('3.3.3.3'), never)
    const chunks = await queue.oldest('misp', 100)
    expect(chunks.flatMap(({ alerts }) => alerts.map(({ text }) => parseAlertText(text).id))).toEqual([
      'id 1.1.1.1',
      'id 2.2.2.2',
      'id 3.3.3.3',
    ])
    expect(telemetry.lines).toMatchObject([{ alerts: 2 }, {}])
  })

  it('waits at its bound until there is room', async () => {
    const { queue, telemetry } = await setUp({ maxAlerts: 100 })
    await queue.put('misp', pendingOf(...Array.from({ length: 100 }, (_, at) => `10.0.0.${at}`)), never)
    let done = false
    const waiting = queue.put('misp', pendingOf('9.9.9.9'), never).then((put) => (done = put))
    const [chunk] = await queue.oldest('misp', 1)
    expect(done).toBe(false)
    expect(telemetry.lines.at(-1)?.['msg']).toMatch(/reading waits/)
    if (chunk !== undefined) await queue.settle('misp', chunk, [])
    await waiting
    expect([done, queue.size('misp').alerts]).toEqual([true, 1])
  })

  it('gives up waiting when Tripline stops', async () => {
    const { queue } = await setUp({ maxAlerts: 100 })
    await queue.put('misp', pendingOf(...Array.from({ length: 100 }, (_, at) => `10.0.0.${at}`)), never)
    const stop = new AbortController()
    const waiting = queue.put('misp', pendingOf('9.9.9.9'), stop.signal)
    stop.abort()
    expect(await waiting).toBe(false)
  })

  it('still takes what there is room for when Tripline stops', async () => {
    const { queue } = await setUp()
    expect(await queue.put('misp', pendingOf('1.1.1.1'), AbortSignal.abort())).toBe(true)
  })

  it('drops the oldest at its bound where the settings say so, and counts them', async () => {
    const { queue, telemetry } = await setUp({ maxAlerts: 100, atLimit: 'drop-oldest' })
    await queue.put('misp', pendingOf(...Array.from({ length: 100 }, (_, at) => `10.0.0.${at}`)), never)
    expect(await queue.put('misp', pendingOf('9.9.9.9'), never)).toBe(true)
    expect(queue.size('misp').alerts).toBe(1)
    expect(await telemetry.metrics.byReason('pending_dropped_total')).toEqual({ limit: 100 })
  })

  it('drops and counts what is too old', async () => {
    const { queue, clock, telemetry } = await setUp({ maxAge: '1h' })
    await queue.put('misp', pendingOf('1.1.1.1'), never)
    await clock.advance(3_600_000)
    await queue.expire()
    expect(queue.size('misp').alerts).toBe(0)
    expect(await telemetry.metrics.byReason('pending_dropped_total')).toEqual({ age: 1 })
  })

  it('drops and counts what is damaged, and gives the rest', async () => {
    const { queue, store, telemetry } = await setUp()
    await queue.put('misp', pendingOf('1.1.1.1'), never)
    await queue.put('misp', pendingOf('2.2.2.2'), never)
    for await (const [key, value] of store.scan('pending/')) {
      await store.set(key, value.slice(0, -5), 1_000_000)
      break
    }
    expect(
      (await queue.oldest('misp', 100)).flatMap(({ alerts }) =>
        alerts.map(({ text }) => parseAlertText(text).id),
      ),
    ).toEqual(['id 2.2.2.2'])
    expect(await telemetry.metrics.byReason('pending_dropped_total')).toEqual({ damaged: 1 })
  })

  it.each([
    ['a head that says nothing', Buffer.alloc(13), 1, true],
    ['too few bytes', Buffer.of(1, 2), 1, true],
    ['the form of a later version', Buffer.concat([Buffer.of(2), Buffer.alloc(20)]), 0, false],
  ])('opened over %s', async (_, bytes, dropped, isGone) => {
    const before = await setUp()
    const key = 'pending/misp/000000000000001'
    await before.store.set(key, bytes, 1_000_000)
    const { queue, telemetry, deadLetters } = await setUp({}, before)
    expect(queue.size('misp').alerts).toBe(0)
    expect(deadLetters.letters).toHaveLength(dropped)
    expect((await telemetry.metrics.byReason('pending_dropped_total'))['damaged'] ?? 0).toBe(dropped)
    expect((await before.store.get(key)) === undefined).toBe(isGone)
    const told = telemetry.lines.filter(({ msg }) => String(msg).includes('a later version'))
    expect(told).toHaveLength(isGone ? 0 : 1)
    await queue.put('misp', pendingOf('1.1.1.1'), never)
    expect(queue.size('misp').alerts).toBe(1)
  })

  it('tells of alerts that wait for a provider which is gone', async () => {
    const before = await setUp()
    await before.store.set(
      'pending/other/000000000000001',
      new Uint8Array([1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      1_000_000,
    )
    const { telemetry } = await setUp({}, before)
    expect(telemetry.lines).toMatchObject([{ provider: 'other', alerts: 2 }])
  })
})
