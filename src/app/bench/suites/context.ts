import type { Clock } from '../../../core/clock.ts'
import type { Plan } from '../plan.ts'
import type { Ending } from '../schema.ts'
import type { Subject } from '../subject.ts'

/** What a suite works with. */
export interface SuiteContext {
  readonly plan: Plan
  readonly subject: Subject
  readonly clock: Clock
  /** Ends the suite: what was measured until then is its result. */
  readonly signal: AbortSignal
  /** Why the signal was aborted. */
  readonly because: () => Ending
  /** `done` of `of` alerts, checks or seconds. */
  readonly onProgress: (done: number, of: number) => void
}

/** What every result of a suite has. */
export interface Judgement {
  readonly passed: boolean
  readonly reasons: string[]
  readonly ended: Ending
  readonly duration_seconds: number
}

/** A suite that was not let finish has not passed, whatever it saw. */
export function judgement(
  ended: Ending,
  { faults, seconds }: { readonly faults: readonly string[]; readonly seconds: number },
): Judgement {
  const remarks = {
    done: [],
    'time limit': ['ended at its time limit with fewer alerts than planned'],
    'request limit': ['ended when as many requests were made as it may make'],
    interrupted: ['interrupted: the figures are those until then'],
  } as const satisfies Record<Ending, readonly string[]>
  return {
    passed: faults.length === 0 && ended !== 'interrupted',
    reasons: [...faults, ...remarks[ended]],
    ended,
    duration_seconds: Number(seconds.toFixed(3)),
  }
}

/** What speaks against a run of alerts that all have to be answered. */
export function unansweredFaults({
  alerts,
  alertsUnanswered,
  unanswered,
  observables,
}: {
  readonly alerts: number
  readonly observables: number
  readonly alertsUnanswered: number
  readonly unanswered: Readonly<Record<string, number>>
}): readonly string[] {
  if (alerts === 0) return ['no alert was measured']
  if (observables === 0) return ['no observable was found: nothing was measured']
  if (alertsUnanswered === 0) return []
  return [`${alertsUnanswered} of ${alerts} alerts were not answered in full (${reasonsIn(unanswered)})`]
}

export function reasonsIn(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([reason, count]) => `${reason} ${count}`)
    .join(', ')
}
