import { expect, it } from 'vitest'
import { manualClock } from '../../../../test/support/clock.ts'
import { sighting } from '../../../../test/support/opencti-sightings.ts'
import { recordedTelemetry } from '../../../../test/support/telemetry.ts'
import { sightingEvents } from '../../../telemetry/events/sightings.ts'
import { createSightingBook, type SightingBook } from './book.ts'
import type { Tally } from './tally.ts'

const ALERTS = Array.from({ length: 200 }, (_, index) => `alert ${index}`)

function tally(key: string): Tally {
  return {
    key,
    ref: key,
    place: { kind: 'identity', name: 'Tripline' },
    fresh: { first: 0, last: 0, count: 200 },
    dueAt: 0,
    alerts: ALERTS,
  }
}

async function* stored(count: number): AsyncGenerator<Tally> {
  for (let index = 0; index < count; index++) yield tally(String(index))
}

/** Of so many tallies that an earlier run left. */
async function bookOf(count: number): Promise<SightingBook> {
  const clock = manualClock()
  const book = createSightingBook({
    records: {
      get: () => Promise.resolve(undefined),
      save: () => Promise.resolve(),
      delete: () => Promise.resolve(),
      all: () => stored(count),
    },
    windowMs: 1000,
    maxQueued: 100_000,
    clock,
    events: sightingEvents(recordedTelemetry(clock), 'opencti'),
  })
  await book.restore()
  return book
}

function remembered(book: SightingBook): number {
  return book.due(true).reduce((sum, key) => sum + (book.get(key)?.alerts.length ?? 0), 0)
}

it('remembers 200 alerts of each of few tallies', async () => {
  expect(remembered(await bookOf(1000))).toBe(200_000)
})

it.each([5000, 40_000, 100_000])('remembers at most a million alerts of %i tallies', async (count) => {
  const book = await bookOf(count)
  expect(book.waiting()).toBe(count)
  expect(remembered(book)).toBeGreaterThan(0)
  expect(remembered(book)).toBeLessThanOrEqual(1_000_000)
})

it('forgets the oldest alerts first, also while more is added', async () => {
  const book = await bookOf(20_000)
  const start = { ...tally('0'), alerts: [] }
  await book.add([
    { sighting: sighting({ alert: 'new' }), start },
    { sighting: sighting({ alert: 'newer' }), start },
  ])
  const alerts = book.get('0')?.alerts ?? []
  expect(alerts.slice(-3)).toEqual(['alert 199', 'new', 'newer'])
  expect(alerts.length).toBeLessThanOrEqual(50)
  expect(book.get('0')?.fresh?.count).toBe(202)
})
