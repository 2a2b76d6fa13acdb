import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../core/errors.ts'
import type { Notice } from '../../core/ports.ts'
import { lookupEvents } from '../../telemetry/events/lookup.ts'
import { manualClock } from '../../../test/support/clock.ts'
import { domain, failure, heldAsk, NO_ABORT, settled } from '../../../test/support/lookup.ts'
import { recordedTelemetry } from '../../../test/support/telemetry.ts'
import { createBreaker, type BreakerOptions } from './breaker.ts'

const a = domain('a.example.net')
const OPEN_MS = 60_000

function setup(options: Partial<BreakerOptions> = {}) {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const notices: Notice[] = []
  const probes: { readonly answer: () => void; readonly fail: (error: unknown) => void }[] = []
  const { ask, asked } = heldAsk()
  const breaker = createBreaker({
    provider: 'misp',
    threshold: 3,
    openMs: OPEN_MS,
    maxOpenMs: 10 * OPEN_MS,
    probe: () => new Promise((answer, fail) => probes.push({ answer, fail })),
    clock,
    random: () => 1,
    events: lookupEvents(telemetry, 'misp'),
    onNotice: (notice) => notices.push(notice),
    ...options,
  })
  const lookup = breaker.layer(ask)
  /** Starts a request; its failure is a value. */
  const request = (signal = NO_ABORT) => lookup([a], signal).catch((error: unknown) => error)
  async function failing(code: ErrorCode, times = 1): Promise<void> {
    for (let i = 0; i < times; i++) {
      const answer = request()
      asked.at(-1)?.fail(failure(code))
      await answer
    }
  }
  return { clock, telemetry, notices, probes, asked, breaker, request, failing }
}

describe('R42: a closed breaker', () => {
  it('lets requests pass, and opens after so many failures in a row', async () => {
    const { asked, breaker, request, failing } = setup()
    await failing('PROVIDER_UNREACHABLE', 2)
    const answer = request()
    asked.at(-1)?.answer()
    expect(await answer).toBeInstanceOf(Map)
    await failing('PROVIDER_OVERLOADED', 2)
    expect(breaker.state()).toEqual({ kind: 'closed' })
    await failing('PROVIDER_MALFORMED')
    expect(breaker.state()).toMatchObject({ kind: 'open' })
  })

  it.each<ErrorCode>(['PROVIDER_REFUSED', 'PROVIDER_UNTRUSTED', 'INTERNAL'])('counts %s', async (code) => {
    const { breaker, failing } = setup()
    await failing(code, 3)
    expect(breaker.state().kind).toBe('open')
  })

  it('R40: does not count throttling, nor callers who leave', async () => {
    const { asked, breaker, request, failing } = setup()
    await failing('PROVIDER_THROTTLED', 5)
    for (let i = 0; i < 5; i++) {
      const answer = request()
      asked.at(-1)?.fail(new DOMException('left', 'AbortError'))
      await answer
    }
    expect(breaker.state()).toEqual({ kind: 'closed' })
  })
})

describe('R42: an open breaker', () => {
  it('refuses at once, says when to come back, and tells it once', async () => {
    const { clock, telemetry, notices, asked, breaker, request, failing } = setup()
    await failing('PROVIDER_UNREACHABLE', 3)
    await clock.advance(10_000)
    const [first] = [await request(), await request()]
    expect(first).toMatchObject({
      code: 'PROVIDER_UNREACHABLE',
      retryAfterMs: 50_000,
      cause: { code: 'PROVIDER_UNREACHABLE' },
    })
    expect(asked).toHaveLength(3)
    expect(breaker.state()).toEqual({ kind: 'open', retryAt: clock.now() + 50_000 })
    expect(telemetry.lines).toMatchObject([
      { level: 50, provider: 'misp', code: 'PROVIDER_UNREACHABLE', retryInMs: OPEN_MS },
    ])
    expect(notices).toMatchObject([{ provider: 'misp', kind: 'failing', code: 'PROVIDER_UNREACHABLE' }])
    expect(await telemetry.metrics.total('provider_breaker_open')).toBe(1)
  })

  it('R45: stays open for as long as it should when the wall clock is set back', async () => {
    const { clock, probes, request, failing } = setup()
    await failing('PROVIDER_UNREACHABLE', 3)
    clock.step(-86_400_000)
    await clock.advance(OPEN_MS)
    void request()
    expect(probes).toHaveLength(1)
  })

  it('R40: waits as long as the provider asks for, up to its cap', async () => {
    const { asked, breaker, clock, request } = setup({ threshold: 1 })
    const answer = request()
    asked[0]?.fail(failure('PROVIDER_UNREACHABLE', 300_000))
    await answer
    expect(breaker.state()).toEqual({ kind: 'open', retryAt: clock.now() + 300_000 })
  })
})

async function opened(options?: Partial<BreakerOptions>) {
  const made = setup(options)
  await made.failing('PROVIDER_UNREACHABLE', 3)
  await made.clock.advance(OPEN_MS)
  return made
}

describe('R42: after the wait', () => {
  it('one probe goes first, then its request, then all others', async () => {
    const { probes, asked, breaker, request, telemetry, notices } = await opened()
    const answers = [request(), request(), request()]
    expect(breaker.state()).toEqual({ kind: 'half-open' })
    expect(probes).toHaveLength(1)
    expect(asked).toHaveLength(3)
    probes[0]?.answer()
    await settled()
    expect(asked).toHaveLength(4)
    asked[3]?.answer()
    await settled()
    expect(asked).toHaveLength(6)
    asked[4]?.answer()
    asked[5]?.answer()
    for (const answer of answers) expect(await answer).toBeInstanceOf(Map)
    expect(breaker.state()).toEqual({ kind: 'closed' })
    expect(notices.map(({ kind }) => kind)).toEqual(['failing', 'recovered'])
    expect(telemetry.lines.at(-1)).toMatchObject({ level: 30, downMs: OPEN_MS })
    expect(await telemetry.metrics.total('provider_breaker_open')).toBe(0)
  })

  it('a probe that fails keeps it open, twice as long each time up to the cap', async () => {
    const { probes, breaker, request, clock, notices, telemetry } = await opened()
    const waits: number[] = []
    for (let at = 0; at < 5; at++) {
      const answers = [request(), request()]
      probes[at]?.fail(failure('PROVIDER_UNREACHABLE'))
      for (const answer of answers) expect(await answer).toMatchObject({ code: 'PROVIDER_UNREACHABLE' })
      const state = breaker.state()
      waits.push(state.kind === 'open' ? state.retryAt - clock.now() : 0)
      await clock.advance(waits.at(-1) ?? 0)
    }
    expect(waits.map((ms) => ms / OPEN_MS)).toEqual([2, 4, 8, 10, 10])
    expect(probes).toHaveLength(5)
    expect(notices).toHaveLength(1)
    expect(telemetry.lines.filter(({ level }) => level === 50)).toHaveLength(1)
  })

  it('the time it was down counts from the beginning', async () => {
    const { probes, asked, request, clock, telemetry } = await opened()
    const failed = request()
    probes[0]?.fail(failure('PROVIDER_UNREACHABLE'))
    await failed
    await clock.advance(2 * OPEN_MS)
    const answer = request()
    probes[1]?.answer()
    await settled()
    asked[3]?.answer()
    await answer
    expect(telemetry.lines.at(-1)).toMatchObject({ downMs: 3 * OPEN_MS })
  })

  it('a probe that succeeds and a request that fails keep it open, and it is one trouble', async () => {
    const { probes, asked, breaker, request, notices } = await opened()
    const answer = request()
    probes[0]?.answer()
    await settled()
    asked[3]?.fail(failure('PROVIDER_REFUSED'))
    expect(await answer).toMatchObject({ code: 'PROVIDER_REFUSED' })
    expect(breaker.state().kind).toBe('open')
    expect(notices).toHaveLength(1)
  })

  it('throttling closes it: the provider answers', async () => {
    const { probes, asked, breaker, request } = await opened()
    void request()
    probes[0]?.answer()
    await settled()
    asked[3]?.fail(failure('PROVIDER_THROTTLED'))
    await settled()
    expect(breaker.state()).toEqual({ kind: 'closed' })
  })

  it('a probe without answer has failed after its time', async () => {
    const { breaker, request, clock } = await opened({ probeMs: 10_000 })
    const answer = request()
    await clock.advance(10_000)
    expect(await answer).toMatchObject({ code: 'PROVIDER_UNREACHABLE' })
    expect(breaker.state().kind).toBe('open')
  })

  it('goes on with the trial when its caller leaves', async () => {
    const { probes, asked, breaker, request } = await opened()
    const leaver = new AbortController()
    const left = request(leaver.signal)
    leaver.abort()
    expect(await left).toMatchObject({ name: 'AbortError' })
    probes[0]?.answer()
    await settled()
    expect(asked[3]?.signal.aborted).toBe(false)
    asked[3]?.answer()
    await settled()
    expect(breaker.state()).toEqual({ kind: 'closed' })
  })

  it('a request from before that fails late does not count twice', async () => {
    const made = setup()
    const late = made.request()
    const [first] = made.asked
    await made.failing('PROVIDER_UNREACHABLE', 3)
    first?.fail(failure('PROVIDER_UNREACHABLE'))
    await late
    expect(made.breaker.state()).toEqual({ kind: 'open', retryAt: made.clock.now() + OPEN_MS })
    expect(made.notices).toHaveLength(1)
  })
})

describe('whenRetry', () => {
  it('resolves at once while closed, and after the wait while open', async () => {
    const { clock, breaker, failing } = setup()
    await breaker.whenRetry(NO_ABORT)
    await failing('PROVIDER_UNREACHABLE', 3)
    let resolved = false
    const waiting = breaker.whenRetry(NO_ABORT).then(() => (resolved = true))
    await clock.advance(OPEN_MS - 1)
    expect(resolved).toBe(false)
    await clock.advance(1)
    await waiting
  })

  it('waits for the trial, and longer when that fails', async () => {
    const { clock, breaker, failing, request, probes } = setup()
    await failing('PROVIDER_UNREACHABLE', 3)
    await clock.advance(OPEN_MS)
    void request()
    let resolved = false
    const waiting = breaker.whenRetry(NO_ABORT).then(() => (resolved = true))
    probes[0]?.fail(failure('PROVIDER_UNREACHABLE'))
    await settled()
    await clock.advance(2 * OPEN_MS - 1)
    expect(resolved).toBe(false)
    await clock.advance(1)
    await waiting
  })

  it('resolves on abort', async () => {
    const { breaker, failing } = setup()
    await failing('PROVIDER_UNREACHABLE', 3)
    const leaver = new AbortController()
    const waiting = breaker.whenRetry(leaver.signal)
    leaver.abort()
    await expect(waiting).resolves.toBeUndefined()
  })
})
