import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../../test/support/clock.ts'
import {
  failing,
  indicatorId,
  many,
  never,
  refusing,
  settled,
  setUpSightings as setUp,
  sighting,
  START,
  WINDOW_MS,
} from '../../../../test/support/opencti-sightings.ts'
import type { ErrorCode } from '../../../core/errors.ts'
import { AppError } from '../../../core/errors.ts'
import { createMemoryStore } from '../../../store/memory/memory.ts'

/** Longer than any back-off, and than the wait after a refusal. */
const LONG_MS = 660_000
const TOLD = 'Sightings cannot be sent: they wait, and it is tried again from time to time'

describe('an addition whose answer is lost', () => {
  it.each<ErrorCode>(['PROVIDER_UNREACHABLE', 'PROVIDER_OVERLOADED', 'PROVIDER_MALFORMED'])(
    '(%s) is found again, and not added a second time',
    async (code) => {
      const { clock, model, held, passWindow, sightings, outcomes } = await setUp()
      model.after = failing(code, /^AddSighting$/)
      await sightings.report([sighting(), sighting()])
      await passWindow()
      model.after = never
      await sightings.report([sighting()])
      await clock.advance(LONG_MS)
      await settled(clock)
      expect(held()).toMatchObject([{ count: 2 }])
      await passWindow()
      expect(held()).toMatchObject([{ count: 3 }])
      expect(model.requests.slice(3)).toEqual(['AddSighting', 'Sightings', 'PatchSighting'])
      expect(await outcomes()).toEqual({ spared: 1, sent: 2 })
    },
  )

  it('is made again when it has not arrived', async () => {
    const { clock, model, held, passWindow, sightings } = await setUp()
    model.before = failing('PROVIDER_UNREACHABLE', /^AddSighting$/)
    await sightings.report([sighting()])
    await passWindow()
    model.before = never
    await clock.advance(LONG_MS)
    await settled(clock)
    expect(model.requests.slice(3)).toEqual(['AddSighting', 'Sightings', 'AddSighting'])
    expect(held()).toMatchObject([{ count: 1 }])
  })

  it('because the process ended is found by the next one', async () => {
    const { clock, model, held, passWindow, sightings, open } = await setUp()
    model.after = (operation) =>
      operation === 'AddSighting' ? new Promise<never>(() => undefined) : undefined
    await sightings.report([sighting(), sighting()])
    await passWindow()
    model.after = never
    const closed = sightings.close()
    await clock.advance(3000)
    await closed
    const next = open()
    await settled(clock)
    await clock.advance(10_000)
    await next.report([sighting()])
    await passWindow()
    await passWindow()
    expect(held()).toMatchObject([{ count: 3 }])
    expect(model.requests.filter((name) => name === 'AddSighting')).toHaveLength(1)
  })

  it('was added to one that was there, of which nothing is known here: each counts once', async () => {
    const first = await setUp()
    await first.sightings.report([sighting(), sighting()])
    await first.passWindow()
    const { clock, model, passWindow, sightings, held } = await setUp()
    for (const [id, stored] of first.model.stored) model.stored.set(id, stored)
    for (const [id, place] of first.model.places) model.places.set(id, place)
    model.after = failing('PROVIDER_UNREACHABLE', /^AddSighting$/)
    await sightings.report([sighting({ seenAt: START + 1000 })])
    await passWindow()
    model.after = never
    await clock.advance(LONG_MS)
    await settled(clock)
    await sightings.report([sighting({ seenAt: START + 2000 })])
    await passWindow()
    expect(held()).toEqual([{ count: 4, first: START, last: START + 2000 }])
  })
})

describe('a lost answer to a patch', () => {
  it('changes nothing when it is sent again', async () => {
    const { clock, model, held, passWindow, sightings } = await setUp()
    await sightings.report([sighting()])
    await passWindow()
    model.after = failing('PROVIDER_UNREACHABLE', /^PatchSighting$/)
    await sightings.report([sighting()])
    await passWindow()
    model.after = never
    await clock.advance(LONG_MS)
    await settled(clock)
    expect(held()).toMatchObject([{ count: 2 }])
  })
})

describe('a sighting that an analyst has deleted', () => {
  it.each(['null', 'ALREADY_DELETED_ERROR', 'FUNCTIONAL_ERROR'] as const)(
    '(%s) stays away: another one begins with what was not told before',
    async (answer) => {
      const { model, held, passWindow, sightings, outcomes } = await setUp()
      await sightings.report([sighting(), sighting()])
      await passWindow()
      model.stored.clear()
      model.answerToGone = answer
      await sightings.report([sighting({ seenAt: START + WINDOW_MS })])
      await passWindow()
      expect(held()).toEqual([{ count: 1, first: START + WINDOW_MS, last: START + WINDOW_MS }])
      expect(await outcomes()).toMatchObject({ sent: 2 })
    },
  )
})

describe('trouble with the server', () => {
  it.each(['LOCK_ERROR', 'DATABASE_ERROR'])(
    '(%s) is waited out, with more and more patience',
    async (code) => {
      const { clock, model, held, passWindow, sightings, outcomes } = await setUp()
      model.before = refusing(code, /^AddSighting$/)
      await sightings.report([sighting()])
      await passWindow()
      for (let second = 0; second < 3600; second += 10) await clock.advance(10_000)
      // 10 s doubled to a cap of 2 min: 20, 40, 80, 120 …, and half of that by chance. Without a cap it would be 9 at most.
      const tries = model.requests.filter((name) => name === 'AddSighting').length
      expect(tries).toBeGreaterThanOrEqual(28)
      expect(tries).toBeLessThanOrEqual(65)
      model.before = never
      await clock.advance(LONG_MS)
      await settled(clock)
      expect(held()).toMatchObject([{ count: 1 }])
      expect(await outcomes()).toEqual({ sent: 1 })
    },
  )

  it('by a rate limit waits as long as the server asks', async () => {
    const { clock, model, passWindow, sightings } = await setUp()
    model.before = failing('PROVIDER_THROTTLED', /^AddSighting$/, { retryAfterMs: 800_000 })
    await sightings.report([sighting()])
    await passWindow()
    model.before = never
    await clock.advance(799_000)
    await settled(clock)
    expect(model.stored.size).toBe(0)
    await clock.advance(1000)
    await settled(clock)
    expect(model.stored.size).toBe(1)
  })

  it('does not let one sighting that always fails hold up the others', async () => {
    const { clock, model, passWindow, sightings, outcomes } = await setUp()
    model.before = (operation, { input }) => {
      const { fromId } = (input ?? {}) as { fromId?: string }
      if (operation === 'AddSighting' && fromId === indicatorId(7))
        throw new AppError('PROVIDER_OVERLOADED', 'Scripted')
    }
    await sightings.report([sighting({ ref: indicatorId(7) })])
    for (let round = 100; round < 110; round++) {
      await sightings.report([sighting({ ref: indicatorId(round) })])
      await passWindow()
      await clock.advance(LONG_MS)
      await settled(clock)
    }
    expect(model.stored.size).toBe(10)
    expect(await outcomes()).toEqual({ sent: 10, refused: 1 })
  })

  it('about single ones (a mandatory attribute) goes on with the rest, but not for ever', async () => {
    const { clock, model, passWindow, sightings, outcomes } = await setUp()
    model.before = refusing('VALIDATION_ERROR', /^AddSighting$/)
    await sightings.report(many(50, () => ({})))
    await passWindow()
    expect(model.requests.filter((name) => name === 'AddSighting').length).toBeLessThanOrEqual(5)
    model.before = never
    for (let round = 0; round < 3; round++) {
      await clock.advance(LONG_MS)
      await settled(clock)
      await settled(clock)
    }
    expect(model.stored.size).toBe(50)
    expect(await outcomes()).toEqual({ sent: 50 })
  })
})

describe('an indicator that is gone', () => {
  it('is given up and counted', async () => {
    const { model, passWindow, sightings, outcomes, telemetry } = await setUp()
    model.gone.add(indicatorId(1))
    await sightings.report([sighting(), sighting({ ref: indicatorId(2) })])
    await passWindow()
    expect(model.stored.size).toBe(1)
    expect(await outcomes()).toEqual({ sent: 1, refused: 1 })
    expect(await telemetry.metrics.total('sightings_queued')).toBe(0)
  })
})

describe('rights', () => {
  it.each([
    [
      'FUNCTIONAL_ERROR',
      'User has no effective max confidence level and cannot create this element',
      'Set "Max confidence level" of the user or of a group it is in (Settings > Security).',
    ],
    [
      'FORBIDDEN_ACCESS',
      'You are not allowed to do this.',
      'Look-ups need the capability "Access knowledge", a stream "Access data sharing", sightings "Create / update knowledge".',
    ],
  ])(
    'that lack (%s: %s) are explained once, and all is kept until they are there',
    async (code, message, hint) => {
      const { clock, model, telemetry, passWindow, sightings } = await setUp()
      model.before = refusing(code, /^AddSighting$/, message)
      await sightings.report(many(5, () => ({})))
      for (let round = 0; round < 6; round++) await passWindow()
      expect(telemetry.lines.filter(({ msg }) => msg === TOLD)).toMatchObject([
        { code: 'PROVIDER_REFUSED', hint },
      ])
      // Once in ten minutes.
      expect(model.requests.filter((name) => name === 'AddSighting').length).toBeLessThanOrEqual(9)
      model.before = never
      await clock.advance(LONG_MS)
      await settled(clock)
      expect(model.stored.size).toBe(5)
      expect(telemetry.lines.at(-1)).toMatchObject({ msg: 'Sightings can be sent again' })
    },
  )

  it('that one indicator alone lacks hold up nothing', async () => {
    const { model, passWindow, sightings, telemetry, outcomes } = await setUp()
    model.before = (operation, variables) => {
      const { fromId } = (variables['input'] ?? {}) as { fromId?: string }
      if (fromId === indicatorId(1)) refusing('FORBIDDEN_ACCESS', /^AddSighting$/)(operation)
    }
    await sightings.report(many(4, () => ({})))
    await passWindow()
    expect(model.stored.size).toBe(3)
    for (let round = 10; round < 20; round++) {
      await sightings.report([sighting({ ref: indicatorId(round) })])
      await passWindow()
    }
    expect(model.stored.size).toBe(13)
    expect(telemetry.lines.filter(({ msg }) => msg === TOLD)).toEqual([])
    expect(await outcomes()).toEqual({ sent: 13, refused: 1 })
  })

  it('of a token that is refused, and a server that is too old, are told, too', async () => {
    for (const version of ['5.11.14', undefined]) {
      const { model, telemetry, passWindow, sightings } = await setUp()
      if (version === undefined) model.before = refusing('AUTH_REQUIRED', /./)
      else model.version = version
      await sightings.report([sighting()])
      await passWindow()
      expect(telemetry.lines.filter(({ msg }) => msg === TOLD)).toHaveLength(1)
      expect(model.requests).toEqual(['About', 'About'].slice(0, model.requests.length))
      await sightings.close()
    }
  })
})

const broken = (): Promise<never> => Promise.reject(new AppError('STATE_UNWRITABLE', 'Scripted'))

describe('a store that fails', () => {
  it('loses nothing while the process lives, and nothing is added twice', async () => {
    const clock = manualClock(START)
    const store = createMemoryStore({ clock, maxEntries: 1000 })
    const { model, held, passWindow, sightings } = await setUp({
      clock,
      store: { ...store, get: broken, set: broken },
    })
    await sightings.report([sighting()])
    await passWindow()
    await sightings.report([sighting({ seenAt: START + 1 })])
    await passWindow()
    expect(held()).toMatchObject([{ count: 2 }])
    expect(model.requests.filter((name) => name === 'AddSighting')).toHaveLength(1)
  })

  it('leaves what it cannot read back', async () => {
    const clock = manualClock(START)
    const store = createMemoryStore({ clock, maxEntries: 1000 })
    await store.set('sighting/opencti/x', Buffer.from('{"ref":'), 3_600_000)
    const { held, passWindow, sightings } = await setUp({ clock, store })
    await sightings.report([sighting()])
    await passWindow()
    expect(held()).toMatchObject([{ count: 1 }])
  })
})
