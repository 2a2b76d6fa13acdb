import { expect, it } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { settingsSchema } from '../../config/schema.ts'
import { runBench } from './bench.ts'
import { planOf } from './plan.ts'
import { benchReportSchema } from './schema.ts'

it('gives a report of nothing when it is interrupted before the fakes are up', async () => {
  const report = await runBench({
    plan: planOf({ suites: ['reliability', 'resources'], seed: 1 }, 'fakes'),
    config: settingsSchema.parse({}),
    clock: systemClock,
    version: '1.2.3',
    signal: AbortSignal.abort(),
    onStart: () => expect.unreachable(),
    onLoaded: () => expect.unreachable(),
    onProgress: () => expect.unreachable(),
  })
  expect(benchReportSchema.parse(report)).toMatchObject({
    interrupted: true,
    passed: false,
    providers: [],
    suites: [],
    not_run: [
      { suite: 'reliability', reason: 'interrupted' },
      { suite: 'resources', reason: 'interrupted' },
    ],
  })
})
