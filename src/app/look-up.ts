import type { Alert } from '../core/alert.ts'
import type { Observable } from '../core/observable.ts'
import { judge, type Judged } from '../pipeline/analyse.ts'
import type { Offline } from './offline.ts'

/** Stands where a question does not come from an alert. */
const NO_ALERT: Alert = {
  id: '',
  time: 0,
  timestamp: '',
  level: 0,
  ruleId: '',
  groups: [],
  agent: { id: '', name: '' },
  manager: '',
  node: '',
  location: '',
  origin: { file: '', offset: 0 },
  digest: 0n,
  body: {},
}

export type LookUpParts = Pick<Offline, 'index' | 'policy' | 'patterns' | 'askOnline'>

/** Everything that is known of one value by itself, from feeds and from providers that are asked. */
export async function lookUpOne(
  observable: Observable,
  { index, policy, patterns, askOnline }: LookUpParts,
  { now, signal }: { readonly now: number; readonly signal: AbortSignal },
): Promise<Judged> {
  const holds = patterns(NO_ALERT, [observable])
  const known = judge(observable, [observable], { index, policy, holds, now: () => now })
  const { analyses } = await askOnline([{ alert: NO_ALERT, judged: [known], overflow: 0 }], signal)
  return analyses[0]?.judged[0] ?? known
}
