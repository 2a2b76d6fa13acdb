import { expect, it } from 'vitest'
import { manualClock } from '../../test/support/clock.ts'
import { createHealth } from './health.ts'
import { recordedTelemetry } from '../../test/support/telemetry.ts'

function health() {
  const clock = manualClock()
  const metrics = recordedTelemetry(clock).metrics
  return { clock, metrics, health: createHealth(clock, metrics) }
}

it('is starting while nothing is known', () => {
  expect(health().health.overall()).toBe('starting')
})

it('takes the worst aspect of a component and the worst component', async () => {
  const { health: own, clock } = health()
  own.set('source wazuh', 'file', 'ok')
  own.set('provider misp', 'breaker', 'degraded', 'It does not answer')
  expect(own.overall()).toBe('degraded')
  await clock.advance(1000)
  own.set('provider misp', 'mirror', 'failed', 'No copy')
  expect(own.overall()).toBe('failed')
  expect(own.components()).toEqual([
    { component: 'source wazuh', state: 'ok', since: clock.now() - 1000 },
    { component: 'provider misp', state: 'failed', reason: 'No copy', since: clock.now() },
  ])
  own.set('provider misp', 'mirror', 'ok')
  expect(own.components()[1]).toMatchObject({ state: 'degraded', reason: 'It does not answer' })
})

it('keeps the time a state began at while only its reason changes', async () => {
  const { health: own, clock } = health()
  own.set('sink matches', 'write', 'failed', 'Disk full')
  const began = clock.now()
  await clock.advance(5000)
  own.set('sink matches', 'write', 'failed', 'No permission')
  expect(own.components()).toEqual([
    { component: 'sink matches', state: 'failed', reason: 'No permission', since: began },
  ])
})

it('gives no reason for what is ok, and cuts long ones', () => {
  const { health: own } = health()
  own.set('store', 'work', 'ok', 'told all the same')
  own.set('pipeline', 'ready', 'starting', 'x'.repeat(10_000))
  const [store, pipeline] = own.components()
  expect(store).not.toHaveProperty('reason')
  expect(pipeline?.reason).toHaveLength(300)
})

it('shows one state of each component in the metrics', async () => {
  const { health: own, metrics } = health()
  own.set('store', 'work', 'starting')
  own.set('store', 'work', 'ok')
  const text = await metrics.registry.getSingleMetricAsString('tripline_component_state')
  expect(text).toContain('tripline_component_state{component="store",state="ok"} 1')
  expect(text).toContain('tripline_component_state{component="store",state="starting"} 0')
})
