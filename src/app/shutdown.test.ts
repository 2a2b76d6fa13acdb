import { expect, it } from 'vitest'
import { manualClock } from '../../test/support/clock.ts'
import { recordedTelemetry } from '../../test/support/telemetry.ts'
import { appEvents } from '../telemetry/events/app.ts'
import { createClosingStack, halfOf, within } from './shutdown.ts'

function stackOf() {
  const clock = manualClock()
  const telemetry = recordedTelemetry(clock)
  return { clock, telemetry, stack: createClosingStack(clock, appEvents(telemetry)) }
}

it('closes what was opened last first, each once', async () => {
  const { stack } = stackOf()
  const closed: string[] = []
  for (const name of ['store', 'sink', 'source']) stack.push(name, async () => void closed.push(name))
  expect(await stack.closeAll(1000)).toEqual([])
  expect(await stack.closeAll(1000)).toEqual([])
  expect(closed).toEqual(['source', 'sink', 'store'])
})

it('tells a failing close and goes on', async () => {
  const { stack, telemetry } = stackOf()
  let closed = false
  stack.push('store', async () => {
    closed = true
  })
  stack.push('sink', () => Promise.reject(new Error('stuck')))
  expect(await stack.closeAll(1000)).toEqual([])
  expect(closed).toBe(true)
  expect(telemetry.lines).toMatchObject([{ component: 'sink', error: 'stuck', msg: 'Closing failed' }])
})

it('names who is late at the one deadline for all, and still closes the rest', async () => {
  const { stack, clock } = stackOf()
  const closed: string[] = []
  stack.push('store', async () => void closed.push('store'))
  stack.push('sink', () => new Promise(() => undefined))
  const done = stack.closeAll(1000)
  await clock.advance(1000)
  expect(await done).toContain('sink')
  expect(closed).toEqual(['store'])
})

it('within: true when the work ends in time, however it ends', async () => {
  const clock = manualClock()
  expect(await within(Promise.resolve(), 10, clock)).toBe(true)
  expect(await within(Promise.reject(new Error('no')), 10, clock)).toBe(true)
  const slow = within(new Promise(() => undefined), 10, clock)
  await clock.advance(10)
  expect(await slow).toBe(false)
})

it('names what was closed in time and had not done all of its work', async () => {
  const { stack } = stackOf()
  stack.push('sink', async () => true)
  stack.push('delivery to matches', async () => false)
  expect(await stack.closeAll(1000)).toEqual(['delivery to matches'])
})

it('tells each how much of the deadline is left, of which a drain gets half', async () => {
  const { clock, stack } = stackOf()
  const left: number[] = []
  const drain = (leftMs: number): Promise<void> => {
    left.push(leftMs)
    return halfOf(leftMs, clock, (signal) => clock.sleep(60_000, signal))
  }
  stack.push('second', drain)
  stack.push('first', drain)
  const closed = stack.closeAll(1000)
  await clock.advance(500)
  await clock.advance(250)
  expect(await closed).toEqual([])
  expect(left).toEqual([1000, 500])
})
