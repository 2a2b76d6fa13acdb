import { describe, expect, it } from 'vitest'
import type { Peers } from '../../core/ports.ts'
import { lookupEvents } from '../../telemetry/events/lookup.ts'
import { manualClock, type ManualClock } from '../../../test/support/clock.ts'
import { domain, failure, heldAsk, NO_ABORT, settled } from '../../../test/support/lookup.ts'
import { hintBoard, silentPeers } from '../../../test/support/peers.ts'
import { recordedTelemetry } from '../../../test/support/telemetry.ts'
import { createBreaker } from './breaker.ts'
import { createBreakerHints } from './breaker-hints.ts'

const a = domain('a.example.net')
const OPEN_MS = 60_000
const LOOK_MS = 1000

/** A node whose breaker opens after three failures; `up` says what its probe finds. */
function node(peers: Peers, clock: ManualClock) {
  const telemetry = recordedTelemetry(clock)
  const events = lookupEvents(telemetry, 'misp')
  const { ask, asked } = heldAsk()
  const probes: string[] = []
  const reach = { up: true }
  const breaker = createBreaker({
    provider: 'misp',
    threshold: 3,
    openMs: OPEN_MS,
    maxOpenMs: OPEN_MS,
    probe: () => {
      probes.push('asked')
      return reach.up ? Promise.resolve() : Promise.reject(failure('PROVIDER_UNREACHABLE'))
    },
    clock,
    random: () => 1,
    events,
    hints: createBreakerHints({ peers, key: 'misp', clock, events }),
  })
  const request = () =>
    breaker
      .layer(ask)([a], NO_ABORT)
      .catch((error: unknown) => error)
  async function answered(): Promise<unknown> {
    const answer = request()
    await settled()
    asked.at(-1)?.answer()
    return answer
  }
  async function broken(): Promise<void> {
    reach.up = false
    for (let i = 0; i < 3; i++) {
      const answer = request()
      await settled()
      asked.at(-1)?.fail(failure('PROVIDER_UNREACHABLE'))
      await answer
    }
    expect(breaker.state().kind).toBe('open')
  }
  const counted = async (outcome: string): Promise<number> => {
    const metric = telemetry.metrics.registry.getSingleMetric('tripline_lookup_breaker_hints_total')
    const found = (await metric?.get())?.values.find(({ labels }) => labels['outcome'] === outcome)
    return found?.value ?? 0
  }
  return { telemetry, asked, probes, reach, breaker, request, answered, broken, counted }
}

function nodes() {
  const clock = manualClock()
  const board = hintBoard()
  const [one, two] = [node(board.peers, clock), node(board.peers, clock)]
  return { clock, board, one, two }
}

describe('the breaker of another node', () => {
  it('R42: that opened makes this one try with a probe, and open at once when that fails', async () => {
    const { board, one, two } = nodes()
    await one.broken()
    expect(board.ttls).toEqual([OPEN_MS + 10_000])
    two.reach.up = false
    expect(await two.request()).toMatchObject({ code: 'PROVIDER_UNREACHABLE' })
    expect([two.asked.length, two.probes.length]).toEqual([0, 1])
    expect(two.breaker.state().kind).toBe('open')
    expect([await two.counted('seen'), await two.counted('confirmed')]).toEqual([1, 1])
    expect(two.telemetry.lines).toMatchObject([
      { level: 30, provider: 'misp', code: 'PROVIDER_UNREACHABLE' },
      { level: 20 },
      { level: 50, code: 'PROVIDER_UNREACHABLE' },
    ])
  })

  it('holds up those who ask meanwhile until the trial of this one is over', async () => {
    const { one, two } = nodes()
    await one.broken()
    const answers = [two.request(), two.request(), two.request()]
    await settled()
    expect([two.probes.length, two.asked.length]).toEqual([1, 1])
    two.asked[0]?.answer()
    await settled()
    expect([two.probes.length, two.asked.length]).toEqual([1, 3])
    for (const each of two.asked) each.answer()
    for (const answer of answers) expect(await answer).toBeInstanceOf(Map)
  })

  it('makes only the trial count: a request that was under way before and fails is one of many', async () => {
    const { clock, one, two } = nodes()
    const before = two.request()
    await settled()
    await one.broken()
    await clock.advance(LOOK_MS)
    const trial = two.request()
    await settled()
    const [first, second] = two.asked
    first?.fail(failure('PROVIDER_UNREACHABLE'))
    await before
    second?.answer()
    await trial
    expect(two.breaker.state().kind).toBe('closed')
    expect(await two.answered()).toBeInstanceOf(Map)
  })

  it('that lost its own way costs this one a probe a trouble, and nothing else', async () => {
    const { clock, board, one, two } = nodes()
    await one.broken()
    for (let i = 0; i < 3; i++) {
      expect(await two.answered()).toBeInstanceOf(Map)
      await clock.advance(OPEN_MS)
      // Its trial fails, and its hint is there again.
      await one.request()
      expect(board.hints.size).toBe(1)
    }
    expect([two.probes.length, two.breaker.state().kind]).toEqual([1, 'closed'])
  })

  it('that has another trouble later makes this one try again', async () => {
    const { clock, board, one, two } = nodes()
    await one.broken()
    await two.answered()
    one.reach.up = true
    await clock.advance(OPEN_MS)
    await one.answered()
    expect([board.hints.size, one.breaker.state().kind]).toEqual([0, 'closed'])
    await one.broken()
    await clock.advance(LOOK_MS)
    await two.answered()
    expect(two.probes).toHaveLength(2)
  })

  it('that closed again has cleared its hint', async () => {
    const { clock, board, one, two } = nodes()
    await one.broken()
    one.reach.up = true
    await clock.advance(OPEN_MS)
    await one.answered()
    expect(board.hints.size).toBe(0)
    await two.answered()
    expect([two.probes.length, await two.counted('seen')]).toEqual([0, 0])
  })

  it('is one trouble for all who confirm it', async () => {
    const { clock, board, one, two } = nodes()
    const three = node(board.peers, clock)
    await one.broken()
    await three.answered()
    // It is renewed by one, as three has cleared it, and confirmed by two.
    await clock.advance(OPEN_MS)
    await one.request()
    two.reach.up = false
    await two.request()
    await clock.advance(LOOK_MS)
    await three.answered()
    expect(three.probes).toHaveLength(1)
  })

  it('does not warn a node of its own hint, which the store could not forget', async () => {
    const { clock, board, one } = nodes()
    await one.broken()
    const [[key, value] = ['', new Uint8Array()]] = board.hints
    one.reach.up = true
    await clock.advance(OPEN_MS)
    await one.answered()
    const probes = one.probes.length
    board.hints.set(key, value)
    await clock.advance(LOOK_MS)
    await one.answered()
    expect(one.probes).toHaveLength(probes)
  })
})

describe('a hint', () => {
  it('is looked for once a second, however many requests there are', async () => {
    const { clock, board, two } = nodes()
    for (let i = 0; i < 20; i++) {
      await two.answered()
      await clock.advance(100)
    }
    expect(board.looks()).toBe(2)
  })

  it.each([
    ['no JSON', Buffer.from([0xff, 0x00])],
    ['nothing', Buffer.alloc(0)],
    ['no hint', Buffer.from('{"trouble":1}')],
    ['another text', Buffer.from('{"trouble":"6dd0b3a9-5a34-4a8e-9d0f-2d8f8d8d9d10","code":"A\\nB"}')],
    ['too long', Buffer.alloc(100_000, ' ')],
  ])('that is %s is counted and passed over', async (_name, value) => {
    const { board, two } = nodes()
    board.hints.set('misp', value)
    expect(await two.answered()).toBeInstanceOf(Map)
    expect([two.probes.length, await two.counted('damaged')]).toEqual([0, 1])
  })

  it('that cannot be read holds up nothing', async () => {
    const one = node(silentPeers, manualClock())
    expect(await one.answered()).toBeInstanceOf(Map)
    expect(one.probes).toHaveLength(0)
    await one.broken()
  })
})
