import { sampleAlert } from '../alerts/alerts.ts'
import { drive } from '../drive.ts'
import { ratio } from '../measure/tally.ts'
import { startUsage } from '../measure/usage.ts'
import { lookUpsSince, openPath, requestsSince } from '../path.ts'
import type { ResultOf } from '../schema.ts'
import { judgement, unansweredFaults, type SuiteContext } from './context.ts'

/** One alert at a time: how long each takes, and what that costs. */
export async function performanceSuite(context: SuiteContext): Promise<ResultOf<'performance'>> {
  const { plan, subject, clock, signal, because } = context
  const { seed, limitMs } = plan
  const started = clock.monotonic()
  const path = await openPath(subject)
  const common = { path, clock, signal, because, limitMs, concurrency: 1 }
  try {
    const warmUp = await drive({
      ...common,
      count: plan.warmUp,
      alertAt: (number) => sampleAlert(plan.alerts + number, { seed }),
    })
    const lookUpsBefore = await path.lookUps()
    const requestsBefore = await path.requests()
    const meter = startUsage(clock)
    const driven = await drive({
      ...common,
      count: plan.alerts,
      alertAt: (number) => sampleAlert(number, { seed }),
      onAlert: (done) => context.onProgress(done, plan.alerts),
    })
    const { usage } = meter.end()
    return {
      suite: 'performance',
      ...judgement(driven.ended, {
        faults: unansweredFaults(driven),
        seconds: (clock.monotonic() - started) / 1000,
      }),
      alerts: driven.alerts,
      alerts_unanswered: driven.alertsUnanswered,
      warm_up_alerts: warmUp.alerts,
      alerts_per_second: ratio(driven.alerts, driven.seconds),
      ms_per_alert: driven.ms,
      ms_without_providers: driven.localMs,
      observables: driven.observables,
      matches: driven.matches,
      look_ups: lookUpsSince(await path.lookUps(), lookUpsBefore),
      requests: requestsSince(await path.requests(), requestsBefore),
      ...usage,
    }
  } finally {
    await path.close()
  }
}
