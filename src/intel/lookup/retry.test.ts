import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../core/errors.ts'
import { AppError } from '../../core/errors.ts'
import { manualClock } from '../../../test/support/clock.ts'
import { domain, failure, heldAsk, NO_ABORT, settled } from '../../../test/support/lookup.ts'
import { retry } from './retry.ts'

const a = domain('a.example.net')

function setup(retries = 2, random = () => 1) {
  const clock = manualClock()
  const { ask, asked } = heldAsk()
  return { clock, asked, lookup: retry({ retries, baseMs: 100, maxMs: 150, clock, random })(ask) }
}

describe('retry', () => {
  it('tries a transient failure again, waiting longer each time up to the cap', async () => {
    const { clock, asked, lookup } = setup(3)
    const answer = lookup([a], NO_ABORT)
    asked[0]?.fail(failure('PROVIDER_OVERLOADED'))
    await settled()
    await clock.advance(99)
    expect(asked).toHaveLength(1)
    await clock.advance(1)
    expect(asked).toHaveLength(2)
    asked[1]?.fail(failure('PROVIDER_UNREACHABLE'))
    await settled()
    await clock.advance(149)
    expect(asked).toHaveLength(2)
    await clock.advance(1)
    asked[2]?.answer()
    expect((await answer).size).toBe(1)
  })

  it('spreads the waits', async () => {
    const { clock, asked, lookup } = setup(1, () => 0)
    void lookup([a], NO_ABORT)
    asked[0]?.fail(failure('PROVIDER_OVERLOADED'))
    await settled()
    await clock.advance(50)
    expect(asked).toHaveLength(2)
  })

  it('gives up after so many retries with the last error', async () => {
    const { clock, asked, lookup } = setup(2)
    const caught = lookup([a], NO_ABORT).catch((error: unknown) => error)
    for (const code of ['PROVIDER_UNREACHABLE', 'PROVIDER_UNREACHABLE', 'PROVIDER_OVERLOADED'] as const) {
      asked.at(-1)?.fail(failure(code))
      await settled()
      await clock.advance(1000)
    }
    expect(await caught).toMatchObject({ code: 'PROVIDER_OVERLOADED' })
    expect(asked).toHaveLength(3)
  })

  it.each<ErrorCode>(['PROVIDER_THROTTLED', 'PROVIDER_REFUSED', 'PROVIDER_UNSUPPORTED', 'INTERNAL'])(
    'does not try %s again',
    async (code) => {
      const { asked, lookup } = setup()
      const answer = lookup([a], NO_ABORT)
      asked[0]?.fail(failure(code))
      await expect(answer).rejects.toMatchObject({ code })
      expect(asked).toHaveLength(1)
    },
  )

  it('does not try the same again after a time-out', async () => {
    const { asked, lookup } = setup()
    const answer = lookup([a], NO_ABORT)
    const cause = new DOMException('late', 'TimeoutError')
    asked[0]?.fail(new AppError('PROVIDER_UNREACHABLE', 'No answer within 30 s', { cause }))
    await expect(answer).rejects.toMatchObject({ code: 'PROVIDER_UNREACHABLE' })
    expect(asked).toHaveLength(1)
  })

  it('stops waiting when its caller leaves', async () => {
    const { asked, lookup } = setup()
    const leaver = new AbortController()
    const answer = lookup([a], leaver.signal)
    asked[0]?.fail(failure('PROVIDER_OVERLOADED'))
    await settled()
    leaver.abort()
    await expect(answer).rejects.toMatchObject({ code: 'PROVIDER_OVERLOADED' })
    expect(asked).toHaveLength(1)
  })
})
