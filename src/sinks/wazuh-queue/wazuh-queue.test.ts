import { describe, expect, it } from 'vitest'
import { manualClock, type ManualClock } from '../../../test/support/clock.ts'
import { keptDeadLetters } from '../../../test/support/dead-letters.ts'
import { queueSocket, type QueueSocket } from '../../../test/support/queue-socket.ts'
import { byPattern, fullIndicator, openCtiMatch } from '../../../test/support/opencti-samples.ts'
import { eventIn } from '../../../test/support/datagram-event.ts'
import { inFolder } from '../../../test/support/sink-files.ts'
import { sampleAlert, sampleDelivery, sampleMatch } from '../../../test/support/sink-samples.ts'
import { recordedTelemetry } from '../../../test/support/telemetry.ts'
import type { OpenCtiContext } from '../../core/opencti.ts'
import type { Delivery, Notice } from '../../core/ports.ts'
import { wazuhQueueConfig } from './config.ts'
import { createWazuhQueueSink } from './wazuh-queue.ts'

const never = new AbortController().signal
const failing: Notice = {
  provider: 'misp',
  kind: 'failing',
  code: 'PROVIDER_REFUSED',
  message: 'refused',
  at: 1,
}

async function setUp(
  folder: string,
  settings: object = {},
  queue: QueueSocket = queueSocket(),
  deadLetters = keptDeadLetters(),
) {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const config = wazuhQueueConfig.parse({ type: 'wazuh-queue', fsync: false, ...settings })
  const deps = { id: 'wazuh', telemetry, stateDir: folder, deadLetters, open: queue.open }
  return { clock, telemetry, queue, deadLetters, sink: await createWazuhQueueSink(config, deps) }
}

function idsOf(datagrams: readonly string[]): readonly (string | undefined)[] {
  return datagrams.map((datagram) => {
    const event = JSON.parse(datagram.slice(datagram.indexOf(':{') + 1)) as {
      tripline: { id?: string; event: string }
    }
    return event.tripline.id ?? event.tripline.event
  })
}

function ids({ matches }: Delivery): readonly string[] {
  return matches.map(({ id }) => id)
}

/** Moves the clock on in steps until the queue has taken so many; what is written to the disk meanwhile takes its real time. */
async function advanceUntil(clock: ManualClock, queue: QueueSocket, count: number): Promise<void> {
  const step = async (): Promise<number> => {
    await clock.advance(1000)
    return queue.taken.length
  }
  await expect.poll(step, { interval: 1, timeout: 20_000 }).toBeGreaterThanOrEqual(count)
}

it('sends events in order, for the agent that was hit, and leaves out held matches', () =>
  inFolder(async (folder) => {
    const { sink, queue, telemetry } = await setUp(folder)
    const own = sampleMatch({ id: 'own', alert: sampleAlert({ agent: { id: '000', name: 'vm' } }) })
    const held = sampleMatch({ id: 'held', suppressedBy: ['score'] })
    await sink.write({ parsed: [], matches: [sampleMatch({ id: 'one' }), held, own] }, never)
    await sink.write({ parsed: [], matches: [held] }, never)
    const taken = await queue.received(2)
    expect(idsOf(taken)).toEqual(['one', 'own'])
    expect(taken[0]).toMatch(/^1:\[007\] \(web-07\) 10\.0\.0\.7->misp:\{"integration":"misp",/)
    expect(taken[1]).toMatch(/^1:misp:\{"integration":"misp",/)
    await sink.close()
    expect(queue.closed()).toBe(1)
    expect(await telemetry.metrics.total('sink_records_total')).toBe(2)
    expect(await telemetry.metrics.total('queue_events_total')).toBe(2)
    expect(await telemetry.metrics.total('queue_waiting_events')).toBe(0)
    expect(telemetry.lines).toEqual([])
  }))

it('gives events another location where one is wanted', () =>
  inFolder(async (folder) => {
    const { sink, queue } = await setUp(folder, { location: 'intel', integration: 'custom' })
    await sink.write(sampleDelivery('a', 1), never)
    expect((await queue.received(1))[0]).toMatch(/->intel:\{"integration":"custom"/)
    await sink.close()
  }))

describe('while Wazuh is away', () => {
  it('takes deliveries all the same, tells it once, and sends them in order when it is back', () =>
    inFolder(async (folder) => {
      const { sink, queue, telemetry, clock } = await setUp(folder)
      queue.answer = 'ENOENT'
      const refused = queue.refused()
      await sink.write(sampleDelivery('a', 3), never)
      await sink.write(sampleDelivery('b', 2), never)
      await refused
      expect(queue.taken).toEqual([])
      queue.answer = undefined
      await advanceUntil(clock, queue, 5)
      expect(idsOf(queue.taken)).toEqual(['a-0', 'a-1', 'a-2', 'b-0', 'b-1'])
      await sink.close()
      expect(telemetry.lines.map(({ level }) => level)).toEqual([40, 30])
      expect(telemetry.lines[0]).toMatchObject({ code: 'ENOENT', sink: 'wazuh' })
    }))

  it('tells its age, and keeps all of it for the next start when it is stopped', () =>
    inFolder(async (folder) => {
      const first = await setUp(folder)
      first.queue.answer = 'ECONNREFUSED'
      await first.sink.write(sampleDelivery('a', 3), never)
      const later = (name: 'queue_waiting_events' | 'queue_waiting_age_seconds') => async () => {
        await first.clock.advance(1000)
        return first.telemetry.metrics.total(name)
      }
      await expect.poll(later('queue_waiting_events'), { interval: 1 }).toBe(3)
      await expect
        .poll(later('queue_waiting_age_seconds'), { interval: 1, timeout: 5000 })
        .toBeGreaterThan(100)
      await first.sink.close()
      const second = await setUp(folder)
      expect(idsOf(await second.queue.received(3))).toEqual(['a-0', 'a-1', 'a-2'])
      await second.sink.close()
    }))

  it('makes the pipeline wait when too much waits, and says so', () =>
    inFolder(async (folder) => {
      const { sink, queue, telemetry, clock } = await setUp(folder, { maxQueued: 3 })
      queue.answer = 'ENOENT'
      await sink.write(sampleDelivery('a', 3), never)
      const stop = new AbortController()
      const given = sink.write(sampleDelivery('b', 2), stop.signal).catch((error: unknown) => error)
      stop.abort()
      expect(await given).toMatchObject({ code: 'SINK_UNWRITABLE' })
      const taken = sink.write(sampleDelivery('c', 2), never)
      queue.answer = undefined
      await advanceUntil(clock, queue, 3)
      await taken
      await advanceUntil(clock, queue, 5)
      expect(idsOf(queue.taken)).toEqual(['a-0', 'a-1', 'a-2', 'c-0', 'c-1'])
      expect(telemetry.lines.filter(({ msg }) => String(msg).includes('read more slowly'))).toHaveLength(1)
      await sink.close()
    }))
})

it('goes on where a full queue stopped it, and says nothing of that', () =>
  inFolder(async (folder) => {
    const { sink, queue, telemetry, clock } = await setUp(folder)
    queue.room = 11
    await sink.write(sampleDelivery('a', 40), never)
    await queue.refused()
    expect(queue.taken).toHaveLength(11)
    queue.room = Number.POSITIVE_INFINITY
    await advanceUntil(clock, queue, 40)
    expect(idsOf(queue.taken)).toEqual(ids(sampleDelivery('a', 40)))
    await sink.close()
    expect(telemetry.lines).toEqual([])
  }))

describe('an event that cannot be sent', () => {
  it('becomes a dead letter with the reason, and the others go on', () =>
    inFolder(async (folder) => {
      const { sink, queue, telemetry, deadLetters } = await setUp(folder)
      queue.answer = 'EMSGSIZE'
      const refused = queue.refused()
      await sink.write(sampleDelivery('a', 1), never)
      await refused
      queue.answer = undefined
      await sink.write(sampleDelivery('b', 1), never)
      expect(idsOf(await queue.received(1))).toEqual(['b-0'])
      await sink.close()
      expect(deadLetters.letters).toMatchObject([
        { reason: 'refused', component: 'wazuh', text: expect.stringContaining('"id":"a-0"') as string },
      ])
      expect(telemetry.lines).toMatchObject([{ level: 50, reason: 'too_long', id: 'a-0/0' }])
    }))
})

/** A good one, and one that is broken by a defect. */
function twoMatches(): Delivery {
  const broken = sampleMatch({ id: 'broken' })
  const observable = {
    ...broken.observable,
    get value(): string {
      throw new Error('planted')
    },
  }
  return { parsed: [], matches: [sampleMatch({ id: 'good' }), { ...broken, observable }] }
}

describe('a match of which no event can be made', () => {
  it('that no dead letter takes yet makes none of the others go twice', () =>
    inFolder(async (folder) => {
      const deadLetters = keptDeadLetters()
      let failures = 2
      const hesitant: typeof deadLetters = {
        ...deadLetters,
        put: async (...given) => {
          if (failures-- > 0) throw new Error('no space')
          return deadLetters.put(...given)
        },
      }
      const { sink, queue } = await setUp(folder, {}, queueSocket(), hesitant)
      const delivery = twoMatches()
      await expect(sink.write(delivery, never)).rejects.toThrow('no space')
      await expect(sink.write(delivery, never)).rejects.toThrow('no space')
      await sink.write(delivery, never)
      await sink.write(sampleDelivery('b', 1), never)
      expect(idsOf(await queue.received(2))).toEqual(['good', 'b-0'])
      expect(deadLetters.letters.map(({ match }) => match?.id)).toEqual(['broken'])
      await sink.close()
      expect(idsOf(queue.taken)).toEqual(['good', 'b-0'])
    }))

  it('becomes one dead letter, however often the others are tried', () =>
    inFolder(async (folder) => {
      const { sink, queue, deadLetters, clock } = await setUp(folder, { maxQueued: 3 })
      queue.answer = 'ENOENT'
      await sink.write(sampleDelivery('a', 3), never)
      const delivery = twoMatches()
      for (let attempt = 0; attempt < 3; attempt++) {
        const stop = new AbortController()
        const given = sink.write(delivery, stop.signal).catch((error: unknown) => error)
        await expect.poll(() => deadLetters.letters.length).toBeGreaterThan(0)
        stop.abort()
        expect(await given).toMatchObject({ code: 'SINK_UNWRITABLE' })
      }
      queue.answer = undefined
      const taken = sink.write(delivery, never)
      await advanceUntil(clock, queue, 4)
      await taken
      expect(idsOf(queue.taken)).toEqual(['a-0', 'a-1', 'a-2', 'good'])
      expect(deadLetters.letters.map(({ match }) => match?.id)).toEqual(['broken'])
      await sink.close()
    }))
})

describe('whoever keeps nothing', () => {
  it('learns whether all of it was sent', () =>
    inFolder(async (folder) => {
      const { sink, queue, clock } = await setUp(folder)
      expect(await sink.flushed?.(never)).toBe(true)
      queue.answer = 'ENOENT'
      const refused = queue.refused()
      await sink.write(sampleDelivery('a', 2), never)
      await refused
      expect(await sink.flushed?.(AbortSignal.abort())).toBe(false)
      const flushed = sink.flushed?.(never)
      queue.answer = undefined
      await advanceUntil(clock, queue, 2)
      expect(await flushed).toBe(true)
      await sink.close()
    }))

  it('learns that something was set aside instead', () =>
    inFolder(async (folder) => {
      const { sink, queue } = await setUp(folder)
      queue.answer = 'EMSGSIZE'
      await sink.write(sampleDelivery('a', 1), never)
      expect(await sink.flushed?.(never)).toBe(false)
      await sink.close()
    }))
})

describe('troubles with providers', () => {
  it('are told among the events, of the manager, and once', () =>
    inFolder(async (folder) => {
      const { sink, queue } = await setUp(folder)
      await sink.write(sampleDelivery('a', 1), never)
      await sink.notice?.(failing)
      await sink.notice?.(failing)
      await sink.notice?.({ ...failing, kind: 'recovered' })
      const taken = await queue.received(3)
      expect(idsOf(taken)).toEqual(['a-0', 'failing', 'recovered'])
      expect(taken.slice(1).map((datagram) => datagram.slice(0, 11))).toEqual(['1:misp:{"in', '1:tripline:'])
      await sink.close()
      await sink.notice?.(failing)
      expect(queue.taken).toHaveLength(3)
    }))
})

describe('a stop', () => {
  it('sends what can be sent at once, and does not wait for what cannot', () =>
    inFolder(async (folder) => {
      const { sink, queue } = await setUp(folder)
      await sink.write(sampleDelivery('a', 90), never)
      await sink.close()
      expect(queue.taken).toHaveLength(90)
      const second = await setUp(folder)
      second.queue.room = 20
      await second.sink.write(sampleDelivery('b', 90), never)
      await second.sink.close()
      const third = await setUp(folder)
      expect(idsOf([...second.queue.taken, ...(await third.queue.received(70))])).toEqual(
        ids(sampleDelivery('b', 90)),
      )
      await third.sink.close()
    }))
})

describe('with confirmation', () => {
  it('tells the events of one match apart', () =>
    inFolder(async (folder) => {
      const confirm = { enabled: true, timeout: '2m' }
      const { sink, queue, clock, telemetry } = await setUp(folder, { confirm })
      const events = ['a', 'b', 'c'].map((id) => byPattern({ ...fullIndicator, id })) as [OpenCtiContext]
      await sink.write({ parsed: [], matches: [openCtiMatch(events, { changes: { id: 'm-1' } })] }, never)
      const sent = (await queue.received(3)).map((datagram) => eventIn(datagram).tripline)
      expect(sent.map(({ id }) => id)).toEqual(['m-1', 'm-1', 'm-1'])
      const [first = '', missing, last = ''] = sent.map(({ event_id }) => event_id)
      // A datagram is there a moment before it is known to be sent.
      await expect.poll(() => telemetry.metrics.total('queue_events_total')).toBe(3)
      sink.seen?.(first)
      sink.seen?.(last)
      await advanceUntil(clock, queue, 4)
      expect(queue.taken.slice(3).map((datagram) => eventIn(datagram).tripline.event_id)).toEqual([missing])
      await sink.close()
    }))

  it('sends again what did not come back', () =>
    inFolder(async (folder) => {
      const confirm = { enabled: true, timeout: '2m' }
      const { sink, queue, clock, telemetry } = await setUp(folder, { confirm })
      await sink.write(sampleDelivery('a', 3), never)
      await expect.poll(() => telemetry.metrics.total('queue_events_total')).toBe(3)
      sink.seen?.('a-1/0')
      await advanceUntil(clock, queue, 5)
      expect(idsOf(queue.taken).slice(3)).toEqual(['a-0', 'a-2'])
      expect(clock.monotonic()).toBeGreaterThanOrEqual(120_000)
      await sink.close()
      const plain = await setUp(folder)
      expect(plain.sink).not.toHaveProperty('seen')
      await plain.sink.close()
    }))
})
