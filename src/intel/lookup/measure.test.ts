import { expect, it } from 'vitest'
import { lookupEvents } from '../../telemetry/events/lookup.ts'
import { answersFor, domain, domains, failure, hit, MISS, NO_ABORT } from '../../../test/support/lookup.ts'
import { recordedTelemetry } from '../../../test/support/telemetry.ts'
import { unanswered } from './ask.ts'
import { measure } from './measure.ts'

it('counts each observable by its answer, and passes the answers on', async () => {
  const telemetry = recordedTelemetry()
  const observables = [...domains(4), domain('bad.example.net'), domain('down.example.net')]
  const answers = answersFor(observables, (each) => {
    if (each.value.startsWith('bad')) return hit(each)
    return each.value.startsWith('down') ? unanswered(failure('PROVIDER_UNREACHABLE')) : MISS
  })
  const layer = measure({ events: lookupEvents(telemetry, 'misp') })
  const given = await layer(() => Promise.resolve(answers))(observables, NO_ABORT)
  expect(given).toBe(answers)
  const { values } = await telemetry.metrics.registry.getSingleMetric('tripline_lookups_total')!.get()
  expect(Object.fromEntries(values.map(({ labels, value }) => [labels['answer'], value]))).toEqual({
    hit: 1,
    miss: 4,
    unanswered: 1,
  })
})
