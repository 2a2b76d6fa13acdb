import { recordAt, textAt, textsIn } from './json-fields.ts'
import { isRecord, type JsonObject } from './json.ts'

/**
 * The object `wazuh` of a document of Wazuh 5, in which the product speaks of itself: agent, rule, integration, cluster
 * (Wazuh Common Schema). Undefined for an alert of Wazuh 4.x, which has `manager` and nothing of that name.
 */
export function wazuh5(body: JsonObject): JsonObject | undefined {
  const own = body['wazuh']
  return isRecord(own) && !isRecord(body['manager']) ? own : undefined
}

/** Whether it is such a document once its keys are nested: `wazuh.agent.id` may be a key of its own. */
export function isWazuh5(body: JsonObject): boolean {
  if (isRecord(body['manager'])) return false
  if (isRecord(body['wazuh'])) return true
  for (const key in body) if (key.startsWith('wazuh.')) return true
  return false
}

/** The rule that fired: of Wazuh 5 that in `wazuh`, not the one of the log's source. Empty when there is none. */
export function ruleOf(body: JsonObject): JsonObject {
  return recordAt(wazuh5(body) ?? body, 'rule')
}

/** The agent, found as the rule is. */
export function agentOf(body: JsonObject): JsonObject {
  return recordAt(wazuh5(body) ?? body, 'agent')
}

/** Names of what read the log: the integration and its decoders. `own` is the object `wazuh`. */
export function readersOf(own: JsonObject): readonly string[] {
  const integration = recordAt(own, 'integration')
  const name = textAt(integration, 'name').trim()
  return [...(name === '' ? [] : [name]), ...textsIn(integration['decoders']).map(decoderName)]
}

/** `decoder/wazuh-fim/0`, as the engine knows its assets, is called `wazuh-fim`. */
function decoderName(text: string): string {
  return /^decoder\/(.+)\/\d+$/.exec(text)?.[1] ?? text
}
