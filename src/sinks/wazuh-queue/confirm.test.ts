import { expect, it } from 'vitest'
import { manualClock } from '../../../test/support/clock.ts'
import { recordedTelemetry } from '../../../test/support/telemetry.ts'
import { queueEvents } from '../../telemetry/events/queue.ts'
import { createConfirm } from './confirm.ts'
import type { OutboxEntry } from './outbox/entry.ts'

const TIMEOUT_MS = 120_000

function setUp(maxTracked = 100, maxBytes = 1e6) {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const queued: OutboxEntry[] = []
  const refusing = { on: false }
  const confirm = createConfirm({
    timeoutMs: TIMEOUT_MS,
    maxTracked,
    maxBytes,
    clock,
    events: queueEvents(telemetry, 'queue'),
    sendAgain: (entry) => {
      if (refusing.on) return Promise.reject(new Error('planted'))
      queued.push(entry)
      return Promise.resolve()
    },
  })
  const sent = (...ids: readonly string[]): void => {
    for (const id of ids) confirm.sent({ id, at: 1, datagram: `datagram of ${id}` })
  }
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 10_000) await clock.advance(10_000)
  }
  return { clock, telemetry, queued, refusing, confirm, sent, pass }
}

it('sends again, once, what did not come back in time, and then tells it', async () => {
  const { clock, telemetry, queued, confirm, sent, pass } = setUp()
  sent('a', 'b', 'c', '')
  await pass(TIMEOUT_MS - 10_000)
  confirm.seen('b')
  confirm.seen('unknown')
  expect(queued).toEqual([])
  await pass(TIMEOUT_MS / 2)
  expect(queued.map(({ id }) => id)).toEqual(['a', 'c'])
  expect(queued[0]).toMatchObject({ again: true, datagram: 'datagram of a' })
  expect(queued[0]?.at).toBeGreaterThan(clock.now() - TIMEOUT_MS)
  for (const entry of queued) confirm.sent(entry)
  confirm.seen('a')
  confirm.seen('a')
  await pass(2 * TIMEOUT_MS)
  expect(queued).toHaveLength(2)
  expect(telemetry.lines).toMatchObject([{ level: 40, id: 'c' }])
  // Confirmed: b, a; sent again: a, c; unconfirmed: c.
  expect(await telemetry.metrics.total('queue_events_total')).toBe(5)
  await confirm.close()
})

it('looks for no more than it may remember', async () => {
  const { queued, confirm, sent, pass } = setUp(2)
  sent('a', 'b', 'c')
  await pass(2 * TIMEOUT_MS)
  expect(queued.map(({ id }) => id)).toEqual(['a', 'b'])
  sent('d')
  await pass(2 * TIMEOUT_MS)
  expect(queued).toHaveLength(3)
  await confirm.close()
})

it('holds no more bytes than it may, and has room again for what came back', async () => {
  // Three datagrams, `datagram of a` and so on, of two bytes a character.
  const { queued, confirm, sent, pass } = setUp(100, 3 * 26)
  sent('a', 'a', 'b', 'c', 'd')
  confirm.seen('b')
  confirm.seen('b')
  sent('e', 'f')
  await pass(2 * TIMEOUT_MS)
  expect(queued.map(({ id }) => id)).toEqual(['a', 'c', 'e'])
  sent('g', 'h', 'i', 'j')
  await pass(2 * TIMEOUT_MS)
  expect(queued.slice(3).map(({ id }) => id)).toEqual(['g', 'h', 'i'])
  await confirm.close()
})

it('tells what cannot be sent again, and forgets all when it is closed', async () => {
  const { telemetry, queued, refusing, confirm, sent, pass } = setUp()
  refusing.on = true
  sent('a')
  await pass(2 * TIMEOUT_MS)
  expect(telemetry.lines).toMatchObject([{ level: 40, id: 'a' }])
  refusing.on = false
  sent('b')
  await confirm.close()
  await pass(2 * TIMEOUT_MS)
  expect(queued).toEqual([])
})
