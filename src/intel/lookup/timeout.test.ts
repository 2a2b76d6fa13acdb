import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../test/support/clock.ts'
import { domain, failure, heldAsk, NO_ABORT } from '../../../test/support/lookup.ts'
import { timeout } from './timeout.ts'
import { isTimeOut } from './wait.ts'

const a = domain('a.example.net')

describe('timeout', () => {
  it('ends a try that takes too long, and tells the request', async () => {
    const clock = manualClock()
    const { ask, asked } = heldAsk()
    const answer = timeout({ ms: 3000, clock })(ask)([a], NO_ABORT)
    const caught = answer.catch((error: unknown) => error)
    await clock.advance(2999)
    expect(asked[0]?.signal.aborted).toBe(false)
    await clock.advance(1)
    const error = await caught
    expect(error).toMatchObject({
      code: 'PROVIDER_UNREACHABLE',
      message: 'The provider gave no answer within 3 s',
    })
    expect(isTimeOut(error)).toBe(true)
    expect(asked[0]?.signal.aborted).toBe(true)
  })

  it('passes on an answer and a failure that come in time, and aborts nothing afterwards', async () => {
    const clock = manualClock()
    const { ask, asked } = heldAsk()
    const lookup = timeout({ ms: 3000, clock })(ask)
    const answer = lookup([a], NO_ABORT)
    asked[0]?.answer()
    expect((await answer).size).toBe(1)
    const failing = lookup([a], NO_ABORT)
    asked[1]?.fail(failure('PROVIDER_REFUSED'))
    await expect(failing).rejects.toMatchObject({ code: 'PROVIDER_REFUSED' })
    await clock.advance(5000)
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([false, false])
  })

  it('follows its caller', async () => {
    const { ask, asked } = heldAsk()
    const leaver = new AbortController()
    const lookup = timeout({ ms: 3000, clock: manualClock() })(ask)
    const answer = lookup([a], leaver.signal)
    leaver.abort()
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' })
    expect(asked[0]?.signal.aborted).toBe(true)
    await expect(lookup([a], leaver.signal)).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('tells a time-out from another failure', () => {
    expect(isTimeOut(failure('PROVIDER_UNREACHABLE'))).toBe(false)
    expect(isTimeOut(new DOMException('late', 'TimeoutError'))).toBe(false)
  })
})
