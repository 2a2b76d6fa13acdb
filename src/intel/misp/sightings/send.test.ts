import { describe, expect, it } from 'vitest'
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

describe('trouble with the server', () => {
  it('after a lost answer sends the same again, which is one at the server', async () => {
    const { clock, server, sightings, outcomes } = await setUp()
    server.after = failing('PROVIDER_UNREACHABLE')
    await sightings.report([sighting()])
    await clock.advance(10_000)
    server.after = never
    await clock.advance(LONG_MS)
    expect(server.requests).toEqual(['version', 'bulk 7 (1)', 'bulk 7 (1)'])
    expect(server.saved.size).toBe(1)
    expect(await outcomes()).toEqual({ sent: 1 })
  })

  it('backs off up to a cap, keeps all and says so at a limited rate', async () => {
    const { clock, server, sightings, telemetry, messages } = await setUp()
    server.before = failing('PROVIDER_UNREACHABLE')
    await sightings.report(many(3, (index) => ({ event: String(index) })))
    for (let second = 0; second < 3600; second += 10) await clock.advance(10_000)
    // 10 s doubled to a cap of 2 min: 20, 40, 80, 120 …, and half of that by chance. Without a cap it would be 9 at most.
    const tries = server.requests.length - 1
    expect(tries).toBeGreaterThanOrEqual(28)
    expect(tries).toBeLessThanOrEqual(65)
    expect(
      messages().filter((text) => String(text).includes('could not be sent')).length,
    ).toBeLessThanOrEqual(tries)
    server.before = never
    await clock.advance(LONG_MS)
    expect(server.saved.size).toBe(3)
    expect(await telemetry.metrics.total('sightings_queued')).toBe(0)
  })

  it('waits as long as the server asks', async () => {
    const { clock, server, sightings } = await setUp()
    server.before = failing('PROVIDER_THROTTLED', { retryAfterMs: 800_000 })
    await sightings.report([sighting()])
    await clock.advance(10_000)
    server.before = never
    await clock.advance(799_000)
    expect(server.saved.size).toBe(0)
    await clock.advance(1000)
    expect(server.saved.size).toBe(1)
  })

  it('does not let one event that always fails hold up the others', async () => {
    const { clock, server, sightings, outcomes } = await setUp()
    server.before = (request) => {
      if (request.startsWith('bulk 7')) throw new AppError('PROVIDER_OVERLOADED', 'Scripted')
    }
    await sightings.report([sighting()])
    for (let event = 100; event < 110; event++) {
      await sightings.report([sighting({ event: String(event), ref: uuid(event) })])
      await clock.advance(LONG_MS)
      await clock.advance(LONG_MS)
    }
    expect(server.saved.size).toBe(10)
    expect(await outcomes()).toEqual({ sent: 10, refused: 1 })
  })

  it('understands a refusal with status 200: the attribute is gone', async () => {
    const { clock, server, sightings, outcomes, messages } = await setUp()
    server.gone.add(uuid(1)).add(uuid(2))
    await sightings.report([
      sighting(),
      sighting({ ref: uuid(2), event: '8' }),
      sighting({ ref: uuid(3), event: '8' }),
    ])
    await clock.advance(10_000)
    await clock.advance(10_000)
    expect(server.requests).toEqual(['version', 'bulk 7 (1)', 'bulk 8 (2)'])
    expect(await outcomes()).toEqual({ refused: 2, sent: 1 })
    expect(messages().filter((text) => String(text).startsWith('Sightings were refused'))).toHaveLength(1)
  })
})

describe('rights', () => {
  const TOLD = 'Sightings cannot be sent: they wait, and it is tried again from time to time'

  it('of a read-only key are told once and asked again in an hour', async () => {
    const { clock, server, sightings, telemetry, messages } = await setUp({}, { maySight: false })
    await sightings.report([sighting()])
    for (let minute = 0; minute < 119; minute++) await clock.advance(60_000)
    expect(server.requests).toEqual(['version', 'version'])
    expect(telemetry.lines.filter(({ msg }) => msg === TOLD)).toMatchObject([
      {
        provider: 'misp',
        code: 'PROVIDER_REFUSED',
        error: 'This key may not write sightings: the key or its role may only read',
      },
    ])
    server.maySight = true
    await clock.advance(HOUR_MS)
    expect(server.saved.size).toBe(1)
    expect(messages().at(-1)).toBe('Sightings can be sent again')
  })

  it('that are lost on the way keep what waits', async () => {
    const { clock, server, sightings, telemetry } = await setUp()
    await sightings.report([sighting()])
    await clock.advance(10_000)
    server.maySight = false
    server.before = failing('PROVIDER_REFUSED')
    await sightings.report([sighting({ ref: uuid(2) })])
    await clock.advance(10_000)
    expect(telemetry.lines.filter(({ msg }) => msg === TOLD)).toHaveLength(1)
    expect(await telemetry.metrics.total('sightings_queued')).toBe(1)
  })

  it('to write in bulk are missed: by value, each once, in fifties', async () => {
    const { clock, server, sightings, outcomes, messages } = await setUp()
    server.before = (request) => {
      if (request.startsWith('bulk')) throw new AppError('PROVIDER_REFUSED', 'Scripted')
    }
    await sightings.report(
      many(61, (index) => ({ value: `h${Math.max(index, 1)}.example`, event: String(index) })),
    )
    await sightings.report([sighting({ ref: uuid(99), agent: { id: '002', name: 'web-2' } })])
    await clock.advance(10_000)
    expect(server.requests).toEqual([
      'version',
      'bulk 0 (1)',
      'version',
      'value (50)',
      'value (10)',
      'value (1)',
    ])
    expect(server.added.map(({ source, seenAt }) => [source, seenAt])).toEqual([
      ['tripline/web-1', START / 1000],
      ['tripline/web-1', START / 1000],
      ['tripline/web-2', START / 1000],
    ])
    expect(await outcomes()).toEqual({ sent: 62 })
    expect(messages().filter((text) => String(text).includes('by value'))).toHaveLength(1)
  })

  it('of values that are a query are not used', async () => {
    const { clock, server, sightings, outcomes } = await setUp()
    server.before = (request) => {
      if (request.startsWith('bulk')) throw new AppError('PROVIDER_REFUSED', 'Scripted')
    }
    const values = ['', ' ', '-', '%', '!a.example', 'a%', '%a', 'a.example']
    await sightings.report(many(values.length, (index) => ({ value: values[index] ?? '' })))
    await clock.advance(10_000)
    expect(server.added.map((request) => request.values)).toEqual([['a.example']])
    expect(await outcomes()).toEqual({ refused: 7, sent: 1 })
  })

  it('are missed and the server knows no filters: nothing is sent, which is told once', async () => {
    const { clock, server, sightings, telemetry } = await setUp()
    server.sightingFilters = false
    server.before = failing('PROVIDER_REFUSED')
    await sightings.report([sighting()])
    for (let round = 0; round < 100; round++) await clock.advance(10_000)
    expect(server.requests).toEqual(['version', 'bulk 7 (1)', 'version'])
    expect(telemetry.lines.filter(({ msg }) => msg === TOLD)).toMatchObject([
      { code: 'PROVIDER_UNSUPPORTED' },
    ])
  })

  it('are there, and some events are not any more: only their sightings are given up', async () => {
    const { clock, server, sightings, outcomes } = await setUp()
    server.before = (request) => {
      if (/^bulk [123]/.test(request)) throw new AppError('PROVIDER_UNSUPPORTED', 'Scripted')
    }
    await sightings.report(many(4, (index) => ({ event: String(index + 1) })))
    await clock.advance(10_000)
    expect(server.requests.slice(1)).toEqual([
      'bulk 1 (1)',
      'version',
      'bulk 2 (1)',
      'version',
      'bulk 3 (1)',
      'version',
      'bulk 4 (1)',
    ])
    expect(await outcomes()).toEqual({ sent: 1, refused: 3 })
  })

  it('are there, and the server has no bulks: by value after some attempts', async () => {
    const { clock, server, sightings, outcomes } = await setUp()
    server.before = (request) => {
      if (request.startsWith('bulk')) throw new AppError('PROVIDER_UNSUPPORTED', 'Scripted')
    }
    await sightings.report(many(10, (index) => ({ event: String(index), value: `h${index}.example` })))
    await clock.advance(10_000)
    expect(server.requests.at(-1)).toBe('value (7)')
    expect(await outcomes()).toEqual({ sent: 7, refused: 3 })
  })
})
