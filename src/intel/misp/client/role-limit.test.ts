import { expect, it } from 'vitest'
import { manualClock } from '../../../../test/support/clock.ts'
import { createRoleLimit } from './role-limit.ts'

it('keeps what the last search told, until the window ends', async () => {
  const clock = manualClock()
  const limit = createRoleLimit(clock)
  limit.see({ date: 'x' })
  expect(limit.now()).toBeUndefined()
  limit.see({ 'x-rate-limit-remaining': '18', 'x-rate-limit-reset': '879' })
  await clock.advance(9000)
  limit.see({})
  limit.see({ 'x-rate-limit-remaining': 'many', 'x-rate-limit-reset': '1' })
  expect(limit.now()).toEqual({ remaining: 18, resetMs: 870_000 })
  await clock.advance(870_000)
  expect(limit.now()).toBeUndefined()
})
