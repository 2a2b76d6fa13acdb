import { describe, expect, it, onTestFinished } from 'vitest'
import { badSink, goodSink, MISBEHAVING, type Misbehaviour } from '../../test/support/bad-sinks.ts'
import { manualClock } from '../../test/support/clock.ts'
import { keptDeadLetters } from '../../test/support/dead-letters.ts'
import { sampleDelivery } from '../../test/support/sink-samples.ts'
import { recordedTelemetry } from '../../test/support/telemetry.ts'
import { AppError } from '../core/errors.ts'
import type { Delivery, Sink } from '../core/ports.ts'
import { deliveryEvents } from '../telemetry/events/delivery.ts'
import { createDeliver } from './deliver.ts'
import type { Buffering, Outlet } from './outlet.ts'

const never = new AbortController().signal
const OPTIONAL: Buffering = {
  maxDeliveries: 1000,
  maxBytes: 64 * 1024 ** 2,
  timeoutMs: 30_000,
  keepsDropped: true,
}

function setUp(outlets: readonly Outlet[]) {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const deadLetters = keptDeadLetters()
  const deliver = createDeliver(outlets, { clock, events: deliveryEvents(telemetry), deadLetters })
  onTestFinished(async () => {
    await Promise.all(deliver.optional.map(({ drained }) => drained(AbortSignal.abort())))
  })
  return { ...deliver, clock, telemetry, deadLetters }
}

const deliveries = (count: number): readonly Delivery[] =>
  Array.from({ length: count }, (_, number) => sampleDelivery(`d${number}`, 4))

function idsOf(all: readonly Delivery[]): readonly string[] {
  return all.flatMap(({ matches }) => matches.map(({ id }) => id))
}

/** Each of them: it works, once nothing else keeps it up. */
async function deliverAll(
  deliver: (delivery: Delivery, signal: AbortSignal) => Promise<boolean>,
  all: readonly Delivery[],
): Promise<void> {
  for (const delivery of all) expect(await deliver(delivery, never)).toBe(true)
}

describe('a sink that is not required', () => {
  it.each(MISBEHAVING)('and %s does not hold up the good one beside it: that one has it all', async (how) => {
    const [good, bad] = [goodSink(), badSink(how)]
    const { deliver } = setUp([{ sink: bad, buffer: OPTIONAL }, { sink: good }])
    const all = deliveries(50)
    await deliverAll(deliver, all)
    expect(good.ids).toEqual(idsOf(all))
    expect(bad.ids.length).toBeLessThan(good.ids.length / 2)
  })

  it.each(MISBEHAVING)('and %s has it all, in order, once it works again', async (how) => {
    const [good, bad] = [goodSink(), badSink(how)]
    const { deliver, optional, clock, telemetry } = setUp([{ sink: bad, buffer: OPTIONAL }, { sink: good }])
    const all = deliveries(20)
    await deliverAll(deliver, all)
    await clock.advance(30_000)
    bad.mend()
    await clock.advance(10_000)
    expect(await Promise.all(optional.map(({ drained }) => drained(never)))).toEqual([true])
    // What it took before it failed it got again.
    expect(bad.ids.filter((id, at) => bad.ids.lastIndexOf(id) === at)).toEqual(idsOf(all))
    expect(await telemetry.metrics.total('sink_dropped_total')).toBe(0)
    expect(await telemetry.metrics.total('sink_buffer_deliveries')).toBe(0)
    expect(await telemetry.metrics.total('sink_buffer_bytes')).toBe(0)
  })

  it.each([
    ['dead letters', true],
    ['counted only', false],
  ])('loses the oldest at the bound of its buffer: %s', async (_, keepsDropped) => {
    const bad = badSink('hangs whatever it is told')
    const buffer = { ...OPTIONAL, maxDeliveries: 5, keepsDropped }
    const { deliver, deadLetters, telemetry } = setUp([{ sink: bad, buffer }, { sink: goodSink() }])
    const all = deliveries(20)
    await deliverAll(deliver, all)
    // One is with the sink, five wait. Of each of the others four matches and four parsed alerts are counted.
    const dropped = all.slice(1, 15)
    expect(await telemetry.metrics.byReason('sink_dropped_total')).toEqual({ limit: dropped.length * 8 })
    expect(deadLetters.letters.map(({ match }) => match?.id)).toEqual(keepsDropped ? idsOf(dropped) : [])
    expect(await telemetry.metrics.total('sink_buffer_deliveries')).toBe(6)
    bad.mend()
  })

  it('keeps what waits for it within its bytes', async () => {
    const bad = badSink('hangs whatever it is told')
    const buffer = { ...OPTIONAL, maxBytes: 100_000 }
    const { deliver, telemetry } = setUp([{ sink: bad, buffer }, { sink: goodSink() }])
    await deliverAll(deliver, deliveries(100))
    const waiting = await telemetry.metrics.total('sink_buffer_deliveries')
    expect(waiting).toBeGreaterThan(2)
    expect(waiting).toBeLessThan(50)
    expect(await telemetry.metrics.total('sink_buffer_bytes')).toBeLessThanOrEqual(100_000)
    expect(await telemetry.metrics.total('sink_dropped_total')).toBe((100 - waiting) * 8)
  })

  it('is left out when it can never work again, and said so; its matches become dead letters', async () => {
    const closed: Sink = {
      id: 'closed',
      write: () => Promise.reject(new AppError('SINK_CLOSED', 'gone')),
      close: async () => undefined,
    }
    const good = goodSink()
    const { deliver, deadLetters, telemetry } = setUp([{ sink: closed, buffer: OPTIONAL }, { sink: good }])
    const all = deliveries(5)
    await deliverAll(deliver, all)
    expect(good.ids).toEqual(idsOf(all))
    // Also what came after it was left out.
    expect(deadLetters.letters.map(({ match }) => match?.id)).toEqual(idsOf(all))
    expect(await telemetry.metrics.byReason('sink_dropped_total')).toEqual({ disabled: 40 })
    expect(telemetry.lines.map(({ msg }) => msg)).toContain(
      'A sink that is not required can never accept matches again; it is left out until the next start',
    )
  })

  it('is told to give up a write that takes too long, and the log says so', async () => {
    const bad = badSink('hangs until it is told to give up')
    const { deliver, clock, telemetry } = setUp([{ sink: bad, buffer: OPTIONAL }])
    await deliverAll(deliver, deliveries(1))
    await clock.advance(29_999)
    expect([bad.calls, telemetry.lines.length]).toEqual([1, 0])
    await clock.advance(1)
    await clock.advance(250)
    expect(bad.calls).toBe(2)
    expect(telemetry.lines[0]).toMatchObject({
      sink: 'bad',
      error: 'The sink did not answer within 30 s',
      deliveries: 1,
    })
  })

  it('leaves what it had not taken at the stop to the dead letters', async () => {
    const bad = badSink('hangs whatever it is told')
    const { deliver, optional, deadLetters, telemetry } = setUp([{ sink: bad, buffer: OPTIONAL }])
    const all = deliveries(3)
    await deliverAll(deliver, all)
    const stop = new AbortController()
    const drained = optional[0]?.drained(stop.signal)
    stop.abort()
    expect(await drained).toBe(false)
    expect(deadLetters.letters.map(({ match }) => match?.id)).toEqual(idsOf(all))
    const late = sampleDelivery('late', 4)
    await deliver(late, never)
    expect(deadLetters.letters.map(({ match }) => match?.id)).toEqual(idsOf([...all, late]))
    expect(await telemetry.metrics.byReason('sink_dropped_total')).toEqual({ stopped: 32 })
  })
})

describe('a sink that is required', () => {
  it.each(MISBEHAVING.filter((how) => how !== 'throws nothing at all'))(
    'and %s stops what is acknowledged, and the log and a metric say since when',
    async (how: Misbehaviour) => {
      const [good, bad] = [goodSink(), badSink(how)]
      const { deliver, waiting, clock, telemetry } = setUp([{ sink: bad }, { sink: good }])
      const [delivery] = deliveries(1)
      let accepted: boolean | undefined
      const done = deliver(delivery!, never).then((value) => (accepted = value))
      for (let second = 0; second < 60; second++) await clock.advance(1000)
      expect([accepted, waiting(), good.ids.length]).toEqual([undefined, ['bad'], 4])
      expect(await telemetry.metrics.total('sink_waiting_seconds')).toBeGreaterThanOrEqual(40)
      const told = telemetry.lines.filter(({ sink, level }) => sink === 'bad' && level === 50)
      expect(told.at(-1)?.['ageMs']).toBeGreaterThanOrEqual(30_000)
      bad.mend()
      await clock.advance(10_000)
      await done
      expect([accepted, waiting()]).toEqual([true, []])
      expect(await telemetry.metrics.total('sink_waiting_seconds')).toBe(0)
      expect(telemetry.lines.at(-1)?.['msg']).toBe('The sink accepts matches again')
    },
  )

  it('gets its deliveries in order; the good one beside it does not wait for it', async () => {
    const [good, bad] = [goodSink(), badSink('hangs whatever it is told')]
    const { deliver } = setUp([{ sink: bad }, { sink: good }])
    const all = deliveries(4)
    const done = all.map((delivery) => deliver(delivery, never))
    await expect.poll(() => good.ids).toEqual(idsOf(all))
    expect(bad.ids).toEqual([])
    bad.mend()
    expect(await Promise.all(done)).toEqual([true, true, true, true])
    expect(bad.ids).toEqual(idsOf(all))
  })

  it('is not called for what does not concern it', async () => {
    const parsedOnly = { ...goodSink('parsed'), takes: 'parsed' } as const
    const matchesOnly = { ...goodSink('matches'), takes: 'matches' } as const
    const calls: string[] = []
    const counted = (sink: Sink): Sink => ({
      ...sink,
      write: async (part) => void calls.push(`${sink.id} ${part.parsed.length} ${part.matches.length}`),
    })
    const { deliver } = setUp([{ sink: counted(parsedOnly) }, { sink: counted(matchesOnly) }])
    const { parsed, matches } = sampleDelivery('a', 2)
    await deliver({ parsed, matches: [] }, never)
    await deliver({ parsed: [], matches }, never)
    await deliver({ parsed, matches }, never)
    expect(calls).toEqual(['parsed 2 0', 'matches 0 2', 'parsed 2 0', 'matches 0 2'])
  })
})
