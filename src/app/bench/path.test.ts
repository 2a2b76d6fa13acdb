import { expect, it } from 'vitest'
import { lookUpsSince, requestsSince } from './path.ts'

it('what came since a warm-up is told without it, the share of the cache too', () => {
  const before = { values: 10, from_cache: 5, from_provider: 5, unanswered: 0, cache_share: 0.5 }
  const now = { values: 50, from_cache: 14, from_provider: 32, unanswered: 4, cache_share: 0.3043 }
  expect(lookUpsSince(now, before)).toEqual({
    values: 40,
    from_cache: 9,
    from_provider: 27,
    unanswered: 4,
    cache_share: 0.25,
  })
  expect(lookUpsSince(now, now)).toMatchObject({ values: 0, cache_share: 0 })
})

it('outcomes of requests that did not come again are left out', () => {
  const before = { total: 3, failed: 1, by_outcome: { ok: 2, PROVIDER_UNREACHABLE: 1 } }
  const now = { total: 9, failed: 2, by_outcome: { ok: 7, PROVIDER_UNREACHABLE: 1, PROVIDER_THROTTLED: 1 } }
  expect(requestsSince(now, before)).toEqual({
    total: 6,
    failed: 1,
    by_outcome: { ok: 5, PROVIDER_THROTTLED: 1 },
  })
})
