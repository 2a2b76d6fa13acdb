import type { Alert } from './alert.ts'
import { ruleOf } from './wazuh5.ts'

/**
 * What tells an alert from every other one of its manager and millisecond: agent, rule and the rule's counter `firedtimes`. The same
 * in `alerts.json` and `archives.json`, where Wazuh's `id` differs and several alerts share one (recorded with 4.14.7:
 * 1,586 pairs in two files, all told right by it). Wazuh's `id` for alerts without the counter.
 */
export function alertIdentity(alert: Alert): string {
  return firingOf(alert) ?? alert.id
}

/** As `alertIdentity`, undefined for alerts without the counter (statistical alerts, Wazuh 5, other tools). */
export function firingOf({ agent, ruleId, body }: Alert): string | undefined {
  const times = ruleOf(body)['firedtimes']
  return typeof times === 'number' && ruleId !== '' ? `${agent.id}/${ruleId}/${times}` : undefined
}
