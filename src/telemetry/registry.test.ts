import { expect, it } from 'vitest'
import { createMetrics } from './registry.ts'

it('a gauge about what a node does not have is absent until it is set', async () => {
  const metrics = createMetrics()
  expect(await metrics.registry.metrics()).not.toMatch(/^tripline_shared_store_up /m)
  expect(await metrics.registry.metrics()).toMatch(/^tripline_dead_letters_bytes 0$/m)
  metrics.set('shared_store_up', 0)
  expect(await metrics.registry.metrics()).toMatch(/^tripline_shared_store_up 0$/m)
})
