import { describe, expect, it } from 'vitest'
import { manualClock } from '../../test/support/clock.ts'
import { sampleAlert, sampleIndicator, sampleMatch } from '../../test/support/sink-samples.ts'
import type { Match } from '../core/match.ts'
import type { IntelProvider, Sighting } from '../core/ports.ts'
import { createSightingSink } from './sighting-sink.ts'

const clock = manualClock()
const signal = new AbortController().signal
const ref = '5f6c2b1e-0000-4000-8000-000000000001'

function provider(id: string, taken?: Sighting[]): IntelProvider {
  return {
    id,
    types: new Set(),
    ...(taken === undefined
      ? {}
      : {
          report: (sightings) => {
            taken.push(...sightings)
            return Promise.resolve()
          },
        }),
    close: () => Promise.resolve(),
  }
}

async function reported(match: Partial<Match>): Promise<readonly Sighting[]> {
  const taken: Sighting[] = []
  const sink = createSightingSink([provider('misp', taken), provider('lists')], clock)
  await sink?.write({ parsed: [], matches: [sampleMatch(match)] }, signal)
  return taken
}

const hit = { indicator: sampleIndicator({ provider: 'misp', ref, event: '7' }), kind: 'exact' } as const

it('is not there when no provider takes sightings', () => {
  expect(createSightingSink([provider('lists')], clock)).toBeUndefined()
})

describe('a match', () => {
  it('is told to the provider of each indicator, with what it was seen on', async () => {
    const other = { indicator: sampleIndicator(), kind: 'exact' } as const
    const { agent, manager, time, digest } = sampleAlert()
    expect(await reported({ indicators: [other, hit] })).toEqual([
      {
        ref,
        event: '7',
        value: '203.0.113.66',
        agent,
        manager,
        seenAt: Math.min(time, clock.now()),
        alert: digest.toString(16),
        times: 1,
      },
    ])
  })

  it('is told to every provider that takes sightings', async () => {
    const first: Sighting[] = []
    const second: Sighting[] = []
    const sink = createSightingSink([provider('misp', first), provider('second', second)], clock)
    const mine = { indicator: sampleIndicator({ provider: 'second', ref }), kind: 'exact' } as const
    await sink?.write({ parsed: [], matches: [sampleMatch({ indicators: [hit, mine] })] }, signal)
    expect([first.length, second.length]).toEqual([1, 1])
    expect(second[0]).not.toHaveProperty('event')
  })

  it('that is held back counts for nothing, nor does a held indicator of one that is not', async () => {
    expect(await reported({ indicators: [hit], suppressedBy: ['warning-list'] })).toEqual([])
    expect(await reported({ indicators: [{ ...hit, heldBy: 'no-detection' }] })).toEqual([])
  })

  it('of something that is only related to an indicator is no sighting of that', async () => {
    expect(await reported({ indicators: [{ ...hit, kind: 'related' }] })).toEqual([])
    expect(await reported({ indicators: [{ ...hit, kind: 'related' }, hit] })).toHaveLength(1)
  })

  it('counts for the repeats that were held back before it', async () => {
    expect(await reported({ indicators: [hit], repeats: 4 })).toMatchObject([{ times: 5 }])
  })
})

describe('the time it was seen', () => {
  const now = clock.now()

  it.each<[string, Partial<Match>, number]>([
    ['that of the alert', { alert: sampleAlert({ time: now - 5000 }), matchedAt: now }, now - 5000],
    [
      'when it was matched, without one',
      { alert: sampleAlert({ time: 0 }), matchedAt: now - 1000 },
      now - 1000,
    ],
    [
      'when it was worked on first, of a delayed match',
      { alert: sampleAlert({ time: 0 }), matchedAt: now, delayedSince: now - 9000 },
      now - 9000,
    ],
    ['never one to come', { alert: sampleAlert({ time: now + 9e9 }), matchedAt: now - 1 }, now - 1],
  ])('is %s', async (_what, match, seenAt) => {
    expect(await reported({ indicators: [hit], ...match })).toMatchObject([{ seenAt }])
  })
})

it('fails as the provider does, so that the delivery is tried again', async () => {
  const failing: IntelProvider = {
    ...provider('misp'),
    report: () => Promise.reject(new Error('Scripted')),
  }
  const sink = createSightingSink([failing], clock)
  const delivery = { parsed: [], matches: [sampleMatch({ indicators: [hit] })] }
  await expect(sink?.write(delivery, signal)).rejects.toThrow('Scripted')
})
