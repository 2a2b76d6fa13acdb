import { describe, expect, it } from 'vitest'
import { manualClock } from '../../test/support/clock.ts'
import { createPatience } from './patience.ts'

const never = new AbortController().signal

/** Work that ends when it is told, or when it is given up. */
function held() {
  let end: (() => void) | undefined
  let givenUp = false
  const run = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      end = resolve
      const giveUp = (): void => {
        givenUp = true
        resolve()
      }
      signal.addEventListener('abort', giveUp)
      if (signal.aborted) giveUp()
    })
  return { run, end: () => end?.(), givenUp: () => givenUp }
}

function setUp(maxLeft?: number) {
  const clock = manualClock()
  const withPatience = createPatience({ ms: 2000, clock, ...(maxLeft === undefined ? {} : { maxLeft }) })
  /** Begins a look-up of so many values; `waits()`: whether its caller still waits. */
  const begin = (values = 1, signal = never) => {
    const work = held()
    let waits = true
    const done = withPatience({ run: work.run, values, signal }).finally(() => {
      waits = false
    })
    return { ...work, done, waits: () => waits }
  }
  return { clock, begin }
}

describe('the patience with a provider', () => {
  it('ends with the answer, or with its time', async () => {
    const { clock, begin } = setUp()
    const [quick, slow] = [begin(), begin()]
    quick.end()
    await quick.done
    await clock.advance(1999)
    expect(slow.waits()).toBe(true)
    await clock.advance(1)
    expect(slow.waits()).toBe(false)
    expect(slow.givenUp()).toBe(false)
  })

  it('is a quarter while earlier look-ups are late, and whole again when they have ended', async () => {
    const { clock, begin } = setUp()
    const late = begin()
    await clock.advance(2000)
    const next = begin()
    await clock.advance(499)
    expect(next.waits()).toBe(true)
    await clock.advance(1)
    expect(next.waits()).toBe(false)
    late.end()
    next.end()
    await clock.advance(0)
    const last = begin()
    await clock.advance(1999)
    expect(last.waits()).toBe(true)
  })

  it('gives up what is late when it is too much, and what comes later is not given up with it', async () => {
    const { clock, begin } = setUp(10)
    const first = begin(10)
    await clock.advance(2000)
    expect(first.givenUp()).toBe(false)
    const second = begin(1)
    await clock.advance(500)
    await Promise.all([first.done, second.done])
    expect([first.givenUp(), second.givenUp()]).toEqual([true, true])
    await clock.advance(0)
    const third = begin(10)
    await clock.advance(2000)
    expect(third.waits()).toBe(false)
    expect(third.givenUp()).toBe(false)
  })

  it('hands on the abort of the caller', async () => {
    const stop = new AbortController()
    const { begin } = setUp()
    const work = begin(1, stop.signal)
    stop.abort()
    await work.done
    expect(work.givenUp()).toBe(true)
  })
})
