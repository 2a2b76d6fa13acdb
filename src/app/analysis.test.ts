import { expect, it } from 'vitest'
import { alertOf } from '../../test/support/alerts.ts'
import { manualClock } from '../../test/support/clock.ts'
import { loadConfig } from '../config/load.ts'
import type { Sink } from '../core/ports.ts'
import { createPolicy } from '../pipeline/policy.ts'
import { createAnalysis } from './analysis.ts'
import { ownEventsTo } from './components.ts'

const plain: Sink = { id: 'plain', write: () => Promise.resolve(), close: () => Promise.resolve() }

it('tells the sinks that wait for it which own events became alerts, and drops these', async () => {
  const { config } = await loadConfig({ env: {} })
  const seen: string[] = []
  const { analyse } = createAnalysis(config, {
    index: { size: 0, find: () => [] },
    policy: createPolicy(config.policy),
    clock: manualClock(),
    ...ownEventsTo([plain, { ...plain, seen: (id) => seen.push(id) }]),
  })
  const own = { integration: 'misp', tripline: { event: 'match', id: 'm-1', event_id: 'm-1/2' } }
  expect(analyse(alertOf({ data: own })).dropped).toBe('own_alert')
  expect(
    analyse(alertOf({ data: { integration: 'tripline', tripline: { event: 'recovered' } } })).dropped,
  ).toBe('own_alert')
  expect(analyse(alertOf({ location: 'virustotal', data: {} })).dropped).toBe('own_alert')
  expect(analyse(alertOf({ data: { srcip: '203.0.113.66' } })).dropped).toBeUndefined()
  expect(seen).toEqual(['m-1/2'])
  expect(ownEventsTo([plain])).toEqual({})
})
