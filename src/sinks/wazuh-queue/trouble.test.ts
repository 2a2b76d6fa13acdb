import { expect, it } from 'vitest'
import { manualClock } from '../../../test/support/clock.ts'
import { recordedTelemetry } from '../../../test/support/telemetry.ts'
import { queueEvents } from '../../telemetry/events/queue.ts'
import { createTrouble, type Obstacle } from './trouble.ts'

const away: Obstacle = { kind: 'away', code: 'ECONNREFUSED' }
const full: Obstacle = { kind: 'full' }

function setUp() {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  const trouble = createTrouble(clock, queueEvents(telemetry, 'queue'))
  const waits = (obstacle: Obstacle, times: number) =>
    Array.from({ length: times }, () => trouble.met(obstacle, 3))
  return { clock, telemetry, trouble, waits }
}

it('waits twice as long each time, and begins anew when something was sent', () => {
  const { trouble, waits } = setUp()
  expect(waits(away, 14)).toEqual([
    10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10_240, 20_480, 30_000, 30_000,
  ])
  trouble.over(0)
  expect(waits(full, 12)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 1000])
  expect(waits(away, 1)).toEqual([10])
})

it('tells once that Wazuh is away, with what to do, again for another reason, and the end', async () => {
  const { clock, telemetry, trouble, waits } = setUp()
  waits(away, 5)
  trouble.met({ kind: 'away', code: 'EACCES' }, 4)
  await clock.advance(2500)
  trouble.over(7)
  trouble.over(7)
  expect(telemetry.lines).toMatchObject([
    { level: 40, code: 'ECONNREFUSED', waiting: 3, hint: expect.stringContaining('Start Wazuh') as string },
    { level: 40, code: 'EACCES', waiting: 4, hint: expect.stringContaining('group wazuh') as string },
    { level: 30, downMs: 2500, waiting: 7 },
  ])
})

it('says nothing of a queue that is full for moments, but of one that is not read', async () => {
  const { clock, telemetry, trouble, waits } = setUp()
  waits(full, 3)
  await clock.advance(9999)
  waits(full, 1)
  trouble.over(0)
  expect(telemetry.lines).toEqual([])
  waits(full, 1)
  await clock.advance(10_000)
  waits(full, 2)
  trouble.over(0)
  expect(telemetry.lines).toMatchObject([
    { level: 40, code: 'EAGAIN' },
    { level: 30, downMs: 10_000 },
  ])
})
