import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import type { Peers, Turn } from '../../core/ports.ts'
import { lookupEvents } from '../../telemetry/events/lookup.ts'
import { domain, failure, heldAsk, NO_ABORT } from '../../../test/support/lookup.ts'
import { silentPeers } from '../../../test/support/peers.ts'
import { recordedTelemetry, type RecordedTelemetry } from '../../../test/support/telemetry.ts'
import { createRateLimit, type RateLimitOptions } from './rate-limit.ts'

const a = domain('a.example.net')

// The limiter of the burst window has timers of its own, so that all time here is vitest's.
beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function setup(options: Partial<RateLimitOptions> = {}) {
  const telemetry = recordedTelemetry()
  const events = lookupEvents(telemetry, 'misp')
  const { ask, asked } = heldAsk()
  const limit = createRateLimit({
    spacingMs: 0,
    burst: 100,
    windowMs: 1000,
    clock: systemClock,
    events,
    ...options,
  })
  const lookup = limit.layer(ask)
  /** Starts a request; its failure is a value. */
  const request = (signal = NO_ABORT) => lookup([a], signal).catch((error: unknown) => error)
  return { limit, asked, request, telemetry }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('the rate limit', () => {
  it('keeps the least time between the starts of requests', async () => {
    const { asked, request } = setup({ spacingMs: 500 })
    for (let i = 0; i < 3; i++) void request()
    const counts: number[] = []
    for (const ms of [0, 499, 1, 499, 1]) {
      await pass(ms)
      counts.push(asked.length)
    }
    expect(counts).toEqual([1, 1, 2, 2, 3])
  })

  it('lets no more requests through in a window than the burst', async () => {
    const { asked, request } = setup({ burst: 3, windowMs: 1000 })
    for (let i = 0; i < 5; i++) void request()
    await pass(999)
    expect(asked).toHaveLength(3)
    await pass(2)
    expect(asked).toHaveLength(5)
  })

  it('refuses who would have to wait long, and says how long', async () => {
    const { asked, request, telemetry } = setup({ burst: 1, windowMs: 5000, maxWaitMs: 2000 })
    void request()
    await pass(1000)
    const refused = await request()
    expect(refused).toMatchObject({ code: 'PROVIDER_THROTTLED', retryAfterMs: 4000 })
    expect(asked).toHaveLength(1)
    expect(telemetry.lines).toMatchObject([
      { retryInMs: 4000, msg: expect.stringContaining('settings') as string },
    ])
  })

  it('lets two requests at a time wait for a spacing that is longer than the longest wait', async () => {
    const { asked, request } = setup({ spacingMs: 5000, maxWaitMs: 2000 })
    const both = [request(), request(), request()]
    await pass(10_000)
    expect(asked).toHaveLength(3)
    for (const each of asked) each.answer()
    await Promise.all(both)
  })

  it('ends the wait of a caller who leaves', async () => {
    const { asked, request } = setup({ spacingMs: 1000 })
    void request()
    const leaver = new AbortController()
    const left = request(leaver.signal)
    await pass(10)
    leaver.abort()
    expect(await left).toMatchObject({ name: 'AbortError' })
    await pass(2000)
    expect(asked).toHaveLength(1)
  })

  it('R45: does not wait longer than a window when the wall clock is set back', async () => {
    const { asked, request } = setup({ burst: 1, windowMs: 1000, maxWaitMs: 2000 })
    void request()
    await pass(0)
    vi.setSystemTime(Date.now() - 3_600_000)
    void request()
    await pass(1000)
    expect(asked).toHaveLength(2)
  })
})

describe('a provider that throttles', () => {
  it('R40: is left alone until it said', async () => {
    const { limit, asked, request, telemetry } = setup()
    const throttled = request()
    await pass(0)
    asked[0]?.fail(failure('PROVIDER_THROTTLED', 60_000))
    expect(await throttled).toMatchObject({ code: 'PROVIDER_THROTTLED' })
    expect(limit.waitMs()).toBe(60_000)
    await pass(10_000)
    expect(await request()).toMatchObject({ code: 'PROVIDER_THROTTLED', retryAfterMs: 50_000 })
    await pass(48_500)
    void request()
    await pass(1499)
    expect(asked).toHaveLength(1)
    await pass(1)
    expect(asked).toHaveLength(2)
    expect(limit.waitMs()).toBe(0)
    expect(telemetry.lines).toMatchObject([{ code: 'PROVIDER_THROTTLED', retryInMs: 60_000 }])
  })

  it.each([
    [undefined, 30_000],
    [10 ** 12, 3_600_000],
  ])('that says %s ms is left alone for %s ms', async (said, pause) => {
    const { limit, asked, request } = setup()
    void request()
    await pass(0)
    asked[0]?.fail(failure('PROVIDER_THROTTLED', said))
    await pass(0)
    expect(limit.waitMs()).toBe(pause)
  })

  it('is not asked when it said that nothing remains, until its reset', async () => {
    let remaining = 0
    const resetAt = systemClock.monotonic() + 900_000
    const serverLimit = () => ({ remaining, resetMs: resetAt - systemClock.monotonic() })
    const { asked, request, telemetry } = setup({ serverLimit })
    const refused = await request()
    await pass(60_000)
    await request()
    expect(telemetry.lines).toMatchObject([{ code: 'PROVIDER_THROTTLED', retryInMs: 900_000 }])
    expect(refused).toBeInstanceOf(AppError)
    expect(refused).toMatchObject({ code: 'PROVIDER_THROTTLED', retryAfterMs: 900_000 })
    await pass(840_000)
    void request()
    await pass(0)
    expect(asked).toHaveLength(1)
    remaining = 5
    void request()
    await pass(0)
    expect(asked).toHaveLength(2)
  })

  it('is not paused by other failures', async () => {
    const { limit, asked, request } = setup()
    void request()
    await pass(0)
    asked[0]?.fail(failure('PROVIDER_UNREACHABLE', 60_000))
    await pass(0)
    expect(limit.waitMs()).toBe(0)
  })
})

/** The answers of the store to `take`, one after the other; then it has none. */
function shared(...turns: readonly Turn[]) {
  const left = [...turns]
  const peers: Peers = { ...silentPeers, take: () => Promise.resolve(left.shift()) }
  return { peers, bucket: 'misp' }
}

async function outcomes({ metrics }: RecordedTelemetry): Promise<Readonly<Record<string, number>>> {
  const metric = await metrics.registry.getSingleMetric('tripline_lookup_shared_rate_total')?.get()
  return Object.fromEntries(
    (metric?.values ?? []).map(({ labels, value }) => [String(labels['outcome']), value]),
  )
}

describe('nodes that share a store', () => {
  it('start a request when it is its turn among all', async () => {
    const { asked, request, telemetry } = setup({ shared: shared({ granted: true, waitMs: 500 }) })
    void request()
    await pass(499)
    expect(asked).toHaveLength(0)
    await pass(1)
    expect(asked).toHaveLength(1)
    expect(await telemetry.metrics.total('lookup_rate_wait_seconds_total')).toBe(0.5)
  })

  it('refuse what the others leave no room for', async () => {
    const { asked, request, telemetry } = setup({ shared: shared({ granted: false, waitMs: 5000 }) })
    expect(await request()).toMatchObject({ code: 'PROVIDER_THROTTLED', retryAfterMs: 5000 })
    expect(asked).toHaveLength(0)
    expect(await telemetry.metrics.byReason('lookup_rate_refused_total')).toEqual({ settings: 1 })
  })

  it('keep to the limits by themselves while the store has no answer, with what it granted counted', async () => {
    const turn: Turn = { granted: true, waitMs: 0 }
    const options = { burst: 3, windowMs: 60_000, shared: shared(turn, turn) }
    const { asked, request, telemetry } = setup(options)
    for (let i = 0; i < 3; i++) void request()
    await pass(0)
    expect(asked).toHaveLength(3)
    expect(await request()).toMatchObject({ code: 'PROVIDER_THROTTLED', retryAfterMs: 60_000 })
    expect(asked).toHaveLength(3)
    expect(await outcomes(telemetry)).toEqual({ shared: 2, local: 2 })
  })

  it('do not ask a provider that throttled while they waited for their turn', async () => {
    const { asked, request } = setup({
      shared: shared({ granted: true, waitMs: 0 }, { granted: true, waitMs: 1000 }),
    })
    void request()
    const waiting = request()
    await pass(500)
    asked[0]?.fail(failure('PROVIDER_THROTTLED', 60_000))
    await pass(500)
    expect(await waiting).toMatchObject({ code: 'PROVIDER_THROTTLED', retryAfterMs: 59_500 })
    expect(asked).toHaveLength(1)
  })

  it('count what was damaged in the store, and go on', async () => {
    const { asked, request, telemetry } = setup({
      shared: shared({ granted: true, waitMs: 0, damaged: true }),
    })
    void request()
    await pass(0)
    expect(asked).toHaveLength(1)
    expect(await outcomes(telemetry)).toEqual({ damaged: 1 })
    expect(telemetry.lines).toMatchObject([{ level: 40, provider: 'misp' }])
  })
})
