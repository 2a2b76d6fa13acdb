import { sampleAlert } from '../alerts/alerts.ts'
import { drive } from '../drive.ts'
import { ratio } from '../measure/tally.ts'
import { openPath } from '../path.ts'
import type { ResultOf } from '../schema.ts'
import { judgement, unansweredFaults, type SuiteContext } from './context.ts'

type Level = ResultOf<'scalability'>['levels'][number]

/** The same work with more and more alerts at a time. */
export async function scalabilitySuite(context: SuiteContext): Promise<ResultOf<'scalability'>> {
  const { plan, clock, signal } = context
  const started = clock.monotonic()
  const levels: Level[] = []
  const faults: string[] = []
  for (const [index, concurrency] of plan.concurrency.entries()) {
    if (signal.aborted) break
    const { level, wrong } = await measureLevel(context, concurrency, index)
    levels.push(level)
    faults.push(...wrong.map((text) => `at ${concurrency} at a time: ${text}`))
  }
  const ended = signal.aborted
    ? context.because()
    : (levels.map((level) => level.ended).find((each) => each !== 'done') ?? 'done')
  return {
    suite: 'scalability',
    ...judgement(ended, { faults, seconds: (clock.monotonic() - started) / 1000 }),
    levels,
  }
}

async function measureLevel(
  { plan, subject, clock, signal, because, onProgress }: SuiteContext,
  concurrency: number,
  index: number,
): Promise<{ readonly level: Level; readonly wrong: readonly string[] }> {
  const { seed, limitMs, alerts: count } = plan
  const path = await openPath(subject)
  try {
    const driven = await drive({
      path,
      clock,
      signal,
      because,
      limitMs,
      count,
      concurrency,
      alertAt: (number) => sampleAlert(index * count + number, { seed }),
      onAlert: (done) => onProgress(index * count + done, plan.concurrency.length * count),
    })
    const requests = await path.requests()
    const { values, from_cache: cached } = await path.lookUps()
    const level: Level = {
      concurrency,
      ended: driven.ended,
      alerts: driven.alerts,
      alerts_unanswered: driven.alertsUnanswered,
      seconds: Number(driven.seconds.toFixed(3)),
      alerts_per_second: ratio(driven.alerts, driven.seconds),
      ms_per_alert: driven.ms,
      requests,
      requests_per_second: ratio(requests.total, driven.seconds),
      values_per_request: ratio(values - cached, requests.total),
    }
    return { level, wrong: unansweredFaults(driven) }
  } finally {
    await path.close()
  }
}
