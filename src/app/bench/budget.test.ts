import { expect, it } from 'vitest'
import { createMetrics } from '../../telemetry/registry.ts'
import { createBudget, watched } from './budget.ts'

it('is spent while what is under way still fits in', () => {
  const budget = createBudget(new Map([['misp', { most: 10, atOnce: 3 }]]))
  budget.note('misp', 4)
  expect(budget.signal.aborted).toBe(false)
  budget.note('misp', 1)
  expect(budget.signal.aborted).toBe(true)
  expect(budget.used('misp')).toBe(5)
})

it('counts each provider by itself', () => {
  const budget = createBudget(
    new Map([
      ['a', { most: 100, atOnce: 1 }],
      ['b', { most: 100, atOnce: 1 }],
    ]),
  )
  budget.note('a', 60)
  budget.note('b', 60)
  expect([budget.used('a'), budget.used('b'), budget.signal.aborted]).toEqual([60, 60, false])
})

it('hears of requests by their metric, which counts on, and of nothing else', async () => {
  const budget = createBudget(new Map())
  const metrics = watched(createMetrics(), budget)
  metrics.count('provider_requests_total', 2, { provider: 'misp', outcome: 'ok' })
  metrics.count('lookups_total', 5, { provider: 'misp', answer: 'miss' })
  expect(budget.used('misp')).toBe(2)
  expect(await metrics.total('provider_requests_total')).toBe(2)
  expect(await metrics.total('lookups_total')).toBe(5)
})
