import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../../test/support/clock.ts'
import {
  failing,
  HOUR_MS,
  LONG_MS,
  many,
  never,
  setUpSightings as setUp,
  sighting,
  START,
  uuid,
} from '../../../../test/support/misp-sightings.ts'
import { AppError } from '../../../core/errors.ts'
import type { Store } from '../../../core/ports.ts'
import { createMemoryStore } from '../../../store/memory/memory.ts'

describe('what is sent', () => {
  it('is one sighting for each attribute, agent and interval', async () => {
    const { clock, server, sightings, outcomes } = await setUp()
    await sightings.report([sighting(), sighting({ seenAt: START + 1000 })])
    await sightings.report([sighting({ seenAt: START + 2000 })])
    await sightings.report([sighting({ agent: { id: '002', name: 'web-2' } })])
    await sightings.report([sighting({ ref: uuid(2) })])
    await clock.advance(10_000)
    expect([...server.saved.values()].map(({ attributeUuid, source }) => [attributeUuid, source])).toEqual([
      [uuid(1), 'tripline/web-1'],
      [uuid(1), 'tripline/web-2'],
      [uuid(2), 'tripline/web-1'],
    ])
    expect(server.requests).toEqual(['version', 'bulk 7 (3)'])
    expect(await outcomes()).toEqual({ spared: 2, sent: 3 })

    await sightings.report([sighting({ seenAt: START + HOUR_MS - 1 }), sighting({ seenAt: START + HOUR_MS })])
    await clock.advance(10_000)
    expect(server.saved.size).toBe(4)
  })

  it('has the time of the first alert in whole seconds, never one to come', async () => {
    const { clock, server, sightings } = await setUp()
    await sightings.report([
      sighting({ seenAt: START - 1500 }),
      sighting({ ref: uuid(2), seenAt: START + HOUR_MS }),
    ])
    await clock.advance(10_000)
    expect([...server.saved.values()].map(({ seenAt }) => seenAt)).toEqual([
      START / 1000 - 2,
      START / 1000 + 10,
    ])
  })

  it('goes to the event of each attribute, at most 500 in a request', async () => {
    const { clock, server, sightings } = await setUp()
    await sightings.report(many(601, (index) => ({ event: index === 0 ? '8' : '7' })))
    await clock.advance(10_000)
    expect(server.requests).toEqual(['version', 'bulk 8 (1)', 'bulk 7 (500)', 'bulk 7 (100)'])
  })

  it('comes with a bounded number of requests in each flush', async () => {
    const { clock, server, sightings } = await setUp()
    await sightings.report(many(120, (index) => ({ event: String(index) })))
    await clock.advance(10_000)
    expect(server.saved.size).toBe(50)
    await clock.advance(10_000)
    await clock.advance(10_000)
    expect(server.saved.size).toBe(120)
  })

  it('keeps the least time between two requests', async () => {
    const { clock, server, sightings } = await setUp({}, { rateLimit: '1s' })
    await sightings.report(many(3, (index) => ({ event: String(index) })))
    const sent: number[] = []
    await clock.advance(10_000)
    for (const ms of [999, 1, 999, 1]) {
      sent.push(server.saved.size)
      await clock.advance(ms)
    }
    expect([...sent, server.saved.size]).toEqual([1, 1, 2, 2, 3])
  })

  it('is not sent a second time after a restart, nor forgotten', async () => {
    const { clock, server, sightings, open } = await setUp()
    await sightings.report([sighting()])
    await clock.advance(10_000)
    server.before = failing('PROVIDER_UNREACHABLE')
    await sightings.report([sighting({ ref: uuid(2) })])
    await clock.advance(10_000)
    await sightings.close()
    server.before = never
    const again = open()
    await again.report([sighting(), sighting({ ref: uuid(2) })])
    await clock.advance(10_000)
    expect(server.requests.filter((request) => request === 'bulk 7 (1)')).toHaveLength(3)
    expect([...server.saved.values()].map(({ attributeUuid }) => attributeUuid)).toEqual([uuid(1), uuid(2)])
  })

  it('is flushed on close', async () => {
    const { server, sightings } = await setUp()
    await sightings.report([sighting()])
    await sightings.close()
    expect(server.saved.size).toBe(1)
  })

  it('is nothing of an indicator that names no event', async () => {
    const { sightings, outcomes } = await setUp()
    const { event: _event, ...eventless } = sighting()
    await sightings.report([eventless])
    expect(await outcomes()).toEqual({ refused: 1 })
  })
})

describe('the bound', () => {
  it('drops and counts what is too much, and takes more when there is room', async () => {
    const { clock, server, sightings, telemetry, outcomes } = await setUp({ maxQueued: 100 })
    server.before = failing('PROVIDER_UNREACHABLE')
    await sightings.report(many(130, () => ({})))
    expect(await telemetry.metrics.total('sightings_queued')).toBe(100)
    expect(await outcomes()).toEqual({ dropped: 30 })
    server.before = never
    await clock.advance(10_000)
    await clock.advance(10_000)
    expect(server.saved.size).toBe(100)
    await sightings.report(many(130, () => ({})))
    await clock.advance(10_000)
    expect(server.saved.size).toBe(130)
  })
})

const broken = (): Promise<never> => Promise.reject(new AppError('STATE_UNWRITABLE', 'Scripted'))

describe('the queue', () => {
  it('holds in memory what the store cannot take, so that matches need not wait', async () => {
    const store = createMemoryStore({ clock: manualClock(START), maxEntries: 1000 })
    const { server, sightings, clock } = await setUp({}, { store: { ...store, get: broken, set: broken } })
    await sightings.report([sighting(), sighting()])
    await clock.advance(10_000)
    await sightings.report([sighting()])
    await clock.advance(10_000)
    expect(server.saved.size).toBe(1)
    expect(server.requests).toEqual(['version', 'bulk 7 (1)'])
  })

  it('reads what an earlier run left as soon as the store answers', async () => {
    const clock = manualClock(START)
    const store = createMemoryStore({ clock, maxEntries: 1000 })
    const { uuid: id, ...rest } = {
      uuid: uuid(1),
      event: '7',
      attribute: uuid(1),
      value: 'a.example',
      seenAt: START,
      source: 'tripline/web-1',
    }
    await store.set(`sighting/misp/${id}`, Buffer.from(JSON.stringify({ state: 'queued', ...rest })), HOUR_MS)
    let failures = 2
    const scanFailing: Store = {
      ...store,
      scan: (prefix) => {
        failures -= 1
        if (failures >= 0) throw new AppError('STATE_UNWRITABLE', 'Scripted')
        return store.scan(prefix)
      },
    }
    const { server, clock: own } = await setUp({}, { store: scanFailing })
    await own.advance(LONG_MS)
    await own.advance(LONG_MS)
    expect([...server.saved.keys()]).toEqual([id])
  })

  it('passes over what it cannot read back', async () => {
    const clock = manualClock(START)
    const store = createMemoryStore({ clock, maxEntries: 1000 })
    await store.set(`sighting/misp/${uuid(1)}`, Buffer.from('{"state":"queued"'), HOUR_MS)
    const { server, sightings, clock: own } = await setUp({}, { store })
    await sightings.report([sighting()])
    await own.advance(10_000)
    expect(server.saved.size).toBe(1)
  })
})
