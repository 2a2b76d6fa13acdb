import { expect, it } from 'vitest'
import { manualClock } from '../../../test/support/clock.ts'
import { queueSocket } from '../../../test/support/queue-socket.ts'
import { recordedTelemetry } from '../../../test/support/telemetry.ts'
import { createBell } from '../../core/bell.ts'
import { queueEvents } from '../../telemetry/events/queue.ts'
import { createPace } from '../pace.ts'
import { startDrain } from './drain.ts'
import type { OutboxEntry } from './outbox/entry.ts'
import type { Outbox } from './outbox/outbox.ts'
import { createSender } from './sender.ts'

/** An outbox without files: nothing takes time but what the clock says. */
function memoryOutbox() {
  const entries: OutboxEntry[] = []
  const bell = createBell()
  const outbox: Outbox = {
    get waiting() {
      return { entries: entries.length, bytes: entries.length }
    },
    add: async (more) => {
      entries.push(...more)
      bell.ring()
      await Promise.resolve()
    },
    next: () => Promise.resolve([...entries]),
    remove: async (count) => {
      entries.splice(0, count)
      await Promise.resolve()
    },
    filled: async (signal) => {
      while (entries.length === 0 && !signal.aborted) await bell.rung(signal)
    },
    emptied: () => Promise.resolve(entries.length === 0),
    close: () => Promise.resolve(),
  }
  const add = (count: number): Promise<void> =>
    outbox.add(
      Array.from({ length: count }, (_, n) => ({ id: `${n}`, at: 0, datagram: `${n}` })),
      new AbortController().signal,
    )
  return { outbox, add, entries }
}

function setUp(perSecond = 1000) {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const queue = queueSocket()
  const { outbox, add, entries } = memoryOutbox()
  const aside: string[] = []
  const sent: string[] = []
  const drain = startDrain({
    outbox,
    sender: createSender(queue.open, '/queue'),
    pace: createPace({ perSecond, burst: Math.min(100, perSecond), clock }),
    clock,
    events: queueEvents(telemetry, 'queue'),
    onSent: ({ id }) => sent.push(id),
    setAside: async ({ id }) => {
      aside.push(id)
      return Promise.resolve(true)
    },
  })
  return { clock, telemetry, queue, add, entries, drain, aside, sent }
}

it('sends whatever has waited at its pace', async () => {
  const { clock, queue, add, drain } = setUp(50)
  await add(200)
  const taken: number[] = []
  for (let second = 0; second < 4; second++) {
    for (let step = 0; step < 50; step++) await clock.advance(20)
    taken.push(queue.taken.length)
  }
  expect(taken).toEqual([100, 150, 200, 200])
  await drain.stop()
})

it('removes what was sent and what was set aside, in their order, and nothing else', async () => {
  const { clock, queue, add, entries, drain, aside, sent } = setUp()
  queue.answer = 'EMSGSIZE'
  await add(2)
  await clock.advance(0)
  queue.answer = undefined
  queue.room = 3
  await add(5)
  await clock.advance(0)
  expect([aside, sent]).toEqual([
    ['0', '1'],
    ['0', '1', '2'],
  ])
  expect(entries.map(({ id }) => id)).toEqual(['3', '4'])
  await drain.stop()
  expect(entries).toHaveLength(2)
})

it('asks less and less often while nobody takes anything, and goes on at once after that', async () => {
  const { clock, queue, add, drain } = setUp()
  queue.answer = 'ECONNREFUSED'
  await add(300)
  const attempts: number[] = []
  for (let minute = 0; minute < 3; minute++) {
    for (let step = 0; step < 6000; step++) await clock.advance(10)
    attempts.push(queue.attempts())
  }
  expect(attempts).toEqual([13, 15, 17])
  queue.answer = undefined
  for (let step = 0; step < 320; step++) await clock.advance(100)
  expect(queue.taken).toHaveLength(300)
  await drain.stop()
})

it('waits for nothing when it is stopped, but a second for the pace', async () => {
  const slow = setUp(1)
  await slow.add(20)
  await slow.clock.advance(0)
  const stopped = slow.drain.stop()
  await slow.clock.advance(999)
  expect(slow.entries.length).toBeGreaterThan(10)
  await slow.clock.advance(1)
  await stopped
  const away = setUp()
  away.queue.answer = 'ENOENT'
  await away.add(1)
  await away.clock.advance(0)
  await away.drain.stop()
  expect([away.entries.length, away.queue.closed()]).toEqual([1, away.queue.attempts()])
  const idle = setUp()
  await idle.drain.stop()
  await idle.drain.stop()
  expect(idle.queue.attempts()).toBe(0)
})
