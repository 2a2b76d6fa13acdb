import { expect, it } from 'vitest'
import { manualClock } from '../../test/support/clock.ts'
import { createPace } from './pace.ts'

const never = new AbortController().signal

function setUp() {
  const clock = manualClock()
  const pace = createPace({ perSecond: 400, burst: 100, clock })
  let isReady = false
  const wait = (): void => {
    isReady = false
    void pace.ready(never).then(() => (isReady = true))
  }
  return { clock, pace, wait, isReady: () => isReady }
}

it('lets lines pass at its pace, however they come', async () => {
  const { clock, pace, wait, isReady } = setUp()
  for (let n = 0; n < 200; n++) pace.wrote(1)
  wait()
  await clock.advance(249)
  expect(isReady()).toBe(false)
  await clock.advance(1)
  expect(isReady()).toBe(true)
  pace.wrote(100)
  wait()
  await clock.advance(249)
  expect(isReady()).toBe(false)
  await clock.advance(1)
  expect(isReady()).toBe(true)
})

it('does not hold up a few lines', async () => {
  const { pace } = setUp()
  for (let n = 0; n < 100; n++) {
    expect(await pace.ready(never)).toBe(true)
    pace.wrote(1)
  }
})

it('saves up nothing while there is nothing to write', async () => {
  const { clock, pace, wait, isReady } = setUp()
  await clock.advance(60_000)
  pace.wrote(200)
  wait()
  await clock.advance(249)
  expect(isReady()).toBe(false)
  await clock.advance(1)
  expect(isReady()).toBe(true)
})

it('waits no longer when it is told to stop', async () => {
  const { pace } = setUp()
  pace.wrote(1000)
  expect(await pace.ready(AbortSignal.abort())).toBe(false)
})
