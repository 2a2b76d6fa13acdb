import { expect, it } from 'vitest'
import { MAX_LABEL_SETS } from './label-sets.ts'
import { createMetrics } from './registry.ts'

it('counts under one label set what has more of them than there may be', async () => {
  const metrics = createMetrics()
  for (let sink = 0; sink < MAX_LABEL_SETS + 50; sink++)
    metrics.count('sink_records_total', 2, { sink: `sink ${sink}` })
  metrics.count('sink_records_total', 1, { sink: 'sink 7' })
  const { values = [] } = (await metrics.registry.getSingleMetric('tripline_sink_records_total')?.get()) ?? {}
  const bySink = new Map(values.map(({ labels, value }) => [labels['sink'], value]))
  expect(bySink.size).toBe(MAX_LABEL_SETS + 1)
  expect([bySink.get('sink 7'), bySink.get('other')]).toEqual([3, 100])
})
