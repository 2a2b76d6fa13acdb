import { describe, expect, it } from 'vitest'
import {
  DAY_MS,
  indicatorId,
  many,
  settled,
  setUpSightings as setUp,
  sighting,
  START,
  WINDOW_MS,
} from '../../../../test/support/opencti-sightings.ts'

describe('what is told', () => {
  it('is one sighting after the window, with its count and both times', async () => {
    const { clock, model, held, passWindow, sightings, outcomes } = await setUp()
    await sightings.report([sighting(), sighting({ seenAt: START + 1000 })])
    await clock.advance(WINDOW_MS - 1)
    await sightings.report([sighting({ seenAt: START + 2000, agent: { id: '002', name: 'web-2' } })])
    await settled(clock)
    expect(model.requests).toEqual([])
    await clock.advance(1)
    await passWindow()
    expect(model.requests).toEqual(['About', 'About', 'AddSecurityPlatform', 'AddSighting'])
    expect(held()).toEqual([{ count: 3, first: START, last: START + 2000 }])
    expect([...model.places.values()]).toEqual([{ type: 'Security-Platform', name: 'Tripline' }])
    expect(await outcomes()).toEqual({ spared: 2, sent: 1 })
  })

  it('is added once, and then set to what it is by then', async () => {
    const { model, held, passWindow, sightings } = await setUp()
    await sightings.report([sighting()])
    await passWindow()
    await sightings.report([sighting({ seenAt: START + WINDOW_MS }), sighting({ seenAt: START + 5 })])
    await passWindow()
    await sightings.report([sighting({ seenAt: START + 2 * WINDOW_MS })])
    await passWindow()
    expect(model.requests.slice(3)).toEqual(['AddSighting', 'PatchSighting', 'PatchSighting'])
    expect(model.variables.at(-1)).toEqual({
      id: [...model.stored.keys()][0],
      input: [
        { key: 'attribute_count', value: ['4'] },
        { key: 'last_seen', value: [new Date(START + 2 * WINDOW_MS).toISOString()] },
      ],
    })
    expect(held()).toEqual([{ count: 4, first: START, last: START + 2 * WINDOW_MS }])
  })

  it('counts an alert once, however often it is delivered, and the repeats it stands for', async () => {
    const { held, passWindow, sightings, open } = await setUp()
    const first = sighting({ times: 5 })
    await sightings.report([first, first])
    await sightings.report([first])
    await passWindow()
    await sightings.report([first])
    await sightings.close()
    const again = open()
    await again.report([first, sighting()])
    await passWindow()
    expect(held()).toMatchObject([{ count: 6 }])
  })

  it('has the confidence of the settings', async () => {
    const { model, passWindow, sightings } = await setUp({ sightings: { confidence: 80 } })
    await sightings.report([sighting()])
    await passWindow()
    expect([...model.stored.values()]).toMatchObject([{ confidence: 80 }])
  })

  it('begins earlier when an alert came late', async () => {
    const { held, passWindow, sightings } = await setUp()
    await sightings.report([sighting()])
    await passWindow()
    await sightings.report([sighting({ seenAt: START - 5000 })])
    await passWindow()
    expect(held()).toEqual([{ count: 2, first: START - 5000, last: START }])
  })

  it('does not cover more than OpenCTI takes for one sighting', async () => {
    const { held, passWindow, sightings } = await setUp()
    await sightings.report([sighting()])
    await passWindow()
    await sightings.report([sighting({ seenAt: START - 40 * DAY_MS })])
    await passWindow()
    expect(held()).toEqual([{ count: 2, first: START, last: START }])
  })

  it('is a new sighting after 30 days, and the old one stays as it is', async () => {
    const { clock, model, held, passWindow, sightings } = await setUp()
    await sightings.report([sighting()])
    await passWindow()
    await clock.advance(30 * DAY_MS)
    await sightings.report([sighting({ seenAt: START + 30 * DAY_MS })])
    await passWindow()
    expect(model.requests.at(-1)).toBe('PatchSighting')
    await clock.advance(DAY_MS)
    await sightings.report([sighting({ seenAt: START + 31 * DAY_MS })])
    await passWindow()
    expect(held()).toEqual([
      { count: 2, first: START, last: START + 30 * DAY_MS },
      { count: 1, first: START + 31 * DAY_MS, last: START + 31 * DAY_MS },
    ])
  })

  it('is told before the window ends when Tripline is stopped', async () => {
    const { held, sightings } = await setUp()
    await sightings.report([sighting()])
    await sightings.close()
    expect(held()).toMatchObject([{ count: 1 }])
  })

  it('does not wait longer than a window when the clock is put back', async () => {
    const { clock, held, sightings } = await setUp()
    await sightings.report([sighting()])
    clock.step(-10 * DAY_MS)
    await clock.advance(10_000)
    await settled(clock)
    expect(held()).toMatchObject([{ count: 1 }])
  })
})

describe('who has seen it', () => {
  it.each([
    ['6.7.0', 'Security-Platform'],
    ['7.260817.0', 'Security-Platform'],
    ['next', 'Security-Platform'],
    ['6.6.18', 'System'],
    ['5.12.33', 'System'],
  ])('is on OpenCTI %s a %s', async (version, type) => {
    const { model, held, passWindow, sightings } = await setUp({ sightings: { identity: 'SOC North' } })
    model.version = version
    await sightings.report([sighting()])
    await passWindow()
    expect([...model.places.values()]).toEqual([{ type, name: 'SOC North' }])
    expect(held()).toHaveLength(1)
  })

  it('is with perAgent each agent by its name, and for the manager the identity', async () => {
    const { model, passWindow, sightings } = await setUp({ sightings: { perAgent: true } })
    const agents = [
      { id: '001', name: 'web-1' },
      { id: '007', name: 'WEB-1 ' },
      { id: '002', name: 'x' },
      { id: '003', name: 'a\u0000b\nc' },
      { id: '000', name: 'wazuh' },
    ]
    await sightings.report(agents.map((agent) => sighting({ agent })))
    await passWindow()
    const counts = [...model.stored.values()].map(({ to, count }) => [model.places.get(to)?.name, count])
    expect(counts).toEqual([
      ['web-1', 2],
      ['agent 002', 1],
      ['abc', 1],
      ['Tripline', 1],
    ])
    expect([...model.places.values()].map(({ type }) => type)).toEqual([
      'System',
      'System',
      'System',
      'Security-Platform',
    ])
  })

  it('is asked for once, also over a restart', async () => {
    const { model, passWindow, sightings, open } = await setUp()
    await sightings.report(many(3, () => ({})))
    await passWindow()
    await sightings.close()
    await open().report([sighting({ ref: indicatorId(9) })])
    await passWindow()
    expect(model.requests.filter((name) => name === 'AddSecurityPlatform')).toHaveLength(1)
    expect(model.stored.size).toBe(4)
  })

  it('is made anew when somebody has deleted it', async () => {
    const { model, held, passWindow, sightings, outcomes } = await setUp()
    await sightings.report([sighting()])
    await passWindow()
    model.places.clear()
    model.stored.clear()
    await sightings.report([sighting(), sighting({ ref: indicatorId(2) })])
    await passWindow()
    expect([...model.places.values()]).toHaveLength(1)
    expect(held()).toMatchObject([{ count: 1 }, { count: 1 }])
    expect(await outcomes()).toEqual({ sent: 3 })
  })
})

describe('the bound', () => {
  it('drops and counts what is too much, but not what is counted with another', async () => {
    const { model, telemetry, passWindow, sightings, outcomes } = await setUp({
      sightings: { maxQueued: 100 },
    })
    await sightings.report(many(130, () => ({})))
    await sightings.report(many(100, () => ({})))
    expect(await telemetry.metrics.total('sightings_queued')).toBe(100)
    expect(await outcomes()).toEqual({ dropped: 30, spared: 100 })
    for (let round = 0; round < 10; round++) await passWindow()
    expect(model.stored.size).toBe(100)
    expect(await telemetry.metrics.total('sightings_queued')).toBe(0)
    await sightings.report(many(1, () => ({ ref: indicatorId(500) })))
    await passWindow()
    expect(model.stored.size).toBe(101)
  })
})

describe('the server', () => {
  it.each([
    [2, 1],
    [8, 2],
  ])('with %i connections gets at most %i writes at once', async (connections, expected) => {
    const { model, passWindow, sightings } = await setUp({ connections })
    let now = 0
    let most = 0
    model.before = async (operation) => {
      if (operation !== 'AddSighting') return
      now += 1
      most = Math.max(most, now)
      await new Promise((resolve) => setImmediate(resolve))
      now -= 1
    }
    await sightings.report(many(10, () => ({})))
    await passWindow()
    expect(model.stored.size).toBe(10)
    expect(most).toBe(expected)
  })
})
