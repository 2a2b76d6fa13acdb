import { sampleAlert } from '../alerts/alerts.ts'
import { drive } from '../drive.ts'
import { ratio } from '../measure/tally.ts'
import { openPath } from '../path.ts'
import type { ResultOf } from '../schema.ts'
import { judgement, reasonsIn, type SuiteContext } from './context.ts'

/** Of requests, and of alerts: what a network loses on a bad day. */
const MOST_ERRORS = 0.01

/** Without pause for some time: what fails, and why. */
export async function reliabilitySuite(context: SuiteContext): Promise<ResultOf<'reliability'>> {
  const { plan, subject, clock, signal, because } = context
  const { seed, perSecond } = plan
  const started = clock.monotonic()
  const path = await openPath(subject)
  try {
    const driven = await drive({
      path,
      clock,
      signal,
      because,
      count: perSecond === undefined ? Infinity : Math.ceil(perSecond * plan.seconds),
      limitMs: plan.seconds * 1000,
      untilLimit: true,
      concurrency: plan.sustainedAtOnce,
      ...(perSecond === undefined ? {} : { perSecond }),
      alertAt: (number) => sampleAlert(number, { seed }),
      onAlert: () => context.onProgress((clock.monotonic() - started) / 1000, plan.seconds),
    })
    const requests = await path.requests()
    const errorShare = ratio(requests.failed, requests.total)
    const unansweredShare = ratio(driven.alertsUnanswered, driven.alerts)
    return {
      suite: 'reliability',
      ...judgement(driven.ended, {
        faults: [
          ...(driven.alerts === 0 ? ['no alert was measured'] : []),
          ...tooMany(
            `${requests.failed} of ${requests.total} requests failed`,
            errorShare,
            requests.by_outcome,
          ),
          ...tooMany(
            `${driven.alertsUnanswered} of ${driven.alerts} alerts were not answered in full`,
            unansweredShare,
            driven.unanswered,
          ),
        ],
        seconds: (clock.monotonic() - started) / 1000,
      }),
      alerts: driven.alerts,
      alerts_unanswered: driven.alertsUnanswered,
      seconds: Number(driven.seconds.toFixed(3)),
      alerts_per_second: ratio(driven.alerts, driven.seconds),
      alerts_per_second_wanted: perSecond ?? null,
      look_ups: await path.lookUps(),
      requests,
      request_error_share: errorShare,
      unanswered_share: unansweredShare,
      unanswered_by_reason: { ...driven.unanswered },
      limit_share: MOST_ERRORS,
    }
  } finally {
    await path.close()
  }
}

function tooMany(what: string, share: number, reasons: Readonly<Record<string, number>>): readonly string[] {
  return share > MOST_ERRORS ? [`${what} (${reasonsIn(reasons)})`] : []
}
