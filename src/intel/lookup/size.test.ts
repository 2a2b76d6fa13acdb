import { describe, expect, it } from 'vitest'
import { lookupEvents } from '../../telemetry/events/lookup.ts'
import { manualClock } from '../../../test/support/clock.ts'
import { domains, failure, heldAsk, NO_ABORT } from '../../../test/support/lookup.ts'
import { recordedTelemetry } from '../../../test/support/telemetry.ts'
import { createBatchSize } from './size.ts'

function setup(max = 190) {
  const clock = manualClock()
  const { ask, asked } = heldAsk()
  const events = lookupEvents(recordedTelemetry(clock), 'misp')
  const size = createBatchSize({ max, weigh: () => 1, clock, events })
  const lookup = size.layer(ask)
  /** One request of so many values that takes so long. */
  async function request(values: number, ms: number, error?: Error): Promise<void> {
    const answer = lookup(domains(values), NO_ABORT).catch(() => undefined)
    await clock.advance(ms)
    if (error === undefined) asked.at(-1)?.answer()
    else asked.at(-1)?.fail(error)
    await answer
  }
  return { size, request, lookup, asked }
}

describe('the size of requests', () => {
  it('begins at the most, and stays there while answers are fast', async () => {
    const { size, request } = setup()
    await request(190, 70)
    expect(size.current()).toBe(190)
  })

  it('is halved by slow answers, down to 10', async () => {
    const { size, request } = setup()
    const seen: number[] = []
    for (let i = 0; i < 6; i++) {
      await request(size.current(), 5001)
      seen.push(size.current())
    }
    expect(seen).toEqual([95, 47, 23, 11, 10, 10])
  })

  it('is halved by overload, once for all tries of one request', async () => {
    const { size, request } = setup()
    for (let tries = 0; tries < 3; tries++) await request(190, 70, failure('PROVIDER_OVERLOADED'))
    expect(size.current()).toBe(95)
  })

  it('is left alone by other failures', async () => {
    const { size, request } = setup()
    await request(190, 6000, failure('PROVIDER_REFUSED'))
    await request(190, 6000, failure('PROVIDER_UNREACHABLE'))
    expect(size.current()).toBe(190)
  })

  it('grows again by steps when answers are fast, but only by what was asked at that size', async () => {
    const { size, request } = setup()
    await request(190, 6000)
    await request(10, 70)
    expect(size.current()).toBe(95)
    await request(95, 3000)
    expect(size.current()).toBe(95)
    await request(95, 70)
    expect(size.current()).toBe(105)
    for (let i = 0; i < 20; i++) await request(size.current(), 70)
    expect(size.current()).toBe(190)
  })

  it('is never above a setting that is below its least', async () => {
    const { size, request } = setup(4)
    await request(4, 6000)
    expect(size.current()).toBe(4)
  })

  it('passes answers and errors on', async () => {
    const { lookup, asked } = setup()
    const answer = lookup(domains(2), NO_ABORT)
    asked[0]?.answer()
    expect((await answer).size).toBe(2)
    const failing = lookup(domains(2), NO_ABORT)
    asked[1]?.fail(failure('PROVIDER_REFUSED'))
    await expect(failing).rejects.toMatchObject({ code: 'PROVIDER_REFUSED' })
  })
})
