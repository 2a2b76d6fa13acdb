import { expect, it } from 'vitest'
import { manualClock } from '../../test/support/clock.ts'
import { recordedTelemetry } from '../../test/support/telemetry.ts'
import type { DeadLetter } from '../core/dead-letter.ts'
import { AppError } from '../core/errors.ts'
import { deadLetterEvents } from '../telemetry/events/dead-letters.ts'
import { deliveryEvents } from '../telemetry/events/delivery.ts'
import { createDeadLetters } from './dead-letters.ts'

const never = new AbortController().signal
const letter = (text: string): DeadLetter => ({ reason: 'refused', component: 'wazuh', text })

/** A text that takes so many mebibytes of memory, as a bound counts it. */
const mebibytes = (count: number): string => 'x'.repeat((count * 1024 ** 2) / 2)

function setUp() {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const written: (string | undefined)[] = []
  const disk = { isFull: false }
  const queue = createDeadLetters({
    append: async (letters) => {
      if (disk.isFull) throw new AppError('SINK_FULL', 'no room')
      written.push(...letters.map(({ text }) => text))
    },
    clock,
    events: deadLetterEvents(telemetry),
    delivery: deliveryEvents(telemetry),
  })
  return { queue, disk, written, clock, telemetry }
}

it('R18: whoever puts letters waits until they are written, in order, and hears when that was given up', async () => {
  const { queue, disk, written, clock, telemetry } = setUp()
  disk.isFull = true
  const stop = new AbortController()
  const [first, second] = [queue.put([letter('a')], never), queue.put([letter('b')], stop.signal)]
  await clock.advance(0)
  await clock.advance(250)
  expect(await telemetry.metrics.total('sink_waiting_seconds')).toBeGreaterThan(0)
  stop.abort()
  disk.isFull = false
  await clock.advance(500)
  expect(await Promise.all([first, second])).toEqual([true, false])
  expect(written).toEqual(['a'])
})

it('R18: letters that are only offered wait in memory for the disk, up to a bound, and are counted beyond', async () => {
  const { queue, disk, written, clock, telemetry } = setUp()
  disk.isFull = true
  queue.offer([letter(mebibytes(10))])
  queue.offer([letter(mebibytes(5))])
  queue.offer([letter(mebibytes(5)), letter('y')])
  queue.offer([letter('z')])
  expect(await telemetry.metrics.byReason('dead_letters_dropped_total')).toEqual({ memory: 2 })
  disk.isFull = false
  await clock.advance(0)
  await clock.advance(10_000)
  await queue.close(never)
  expect(written.map((text) => text?.length)).toEqual([5 * 1024 ** 2, 2.5 * 1024 ** 2, 1])
})

it('counts what it could not write before the stop as lost', async () => {
  const { queue, disk, telemetry } = setUp()
  disk.isFull = true
  queue.offer([letter('a'), letter('b')])
  const over = new AbortController()
  const closed = queue.close(over.signal)
  over.abort()
  await closed
  expect(await telemetry.metrics.byReason('dead_letters_dropped_total')).toEqual({ stopped: 2 })
})
