import { createHash } from 'node:crypto'
import type { Alert } from '../core/alert.ts'
import type { JsonObject } from '../core/json.ts'
import { readersOf } from '../core/wazuh5.ts'
import { recordAt, textAt, textsIn } from '../core/json-fields.ts'
import { parseTimestamp } from './timestamp.ts'

/**
 * Level of a finding by the word in `wazuh.rule.level`. Wazuh's guide for rules that move from 4.x to 5 makes `informational` of
 * the levels 1 to 3, `low` of 4 to 6, `medium` of 7 to 9, `high` of 10 to 13 and `critical` of 14 to 16. The number here is the
 * one in each range that says of its alerts what the word says, by Wazuh's own classification: an authorized event, a user's
 * error, an event seen for the first time, one of high importance, a severe attack.
 */
const LEVELS: ReadonlyMap<string, number> = new Map([
  ['informational', 3],
  ['low', 5],
  ['medium', 8],
  ['high', 12],
  ['critical', 15],
])

/** A document of Wazuh 5, taken out of the indexer's wrapper. */
export interface Document {
  /** Its keys nested. */
  readonly body: JsonObject
  /** `_id` in the indexer; '' when it came without. */
  readonly id: string
}

/**
 * A finding of Wazuh 5, or an event that no rule matched, as an alert. What the schema has no place for is '' or 0. The manager is
 * the cluster: ids of agents are unique within one.
 */
export function findingOf({ body, id }: Document, origin: Alert['origin'], digest: bigint): Alert {
  const own = recordAt(body, 'wazuh')
  const rule = recordAt(own, 'rule')
  const agent = recordAt(own, 'agent')
  const cluster = recordAt(own, 'cluster')
  const timestamp = timestampOf(body)
  return {
    id: identityOf(body, own) || id || contentId(body),
    time: timeOf(timestamp),
    timestamp: String(timestamp),
    level: LEVELS.get(textAt(rule, 'level').toLowerCase()) ?? 0,
    ruleId: textAt(rule, 'id'),
    // What a group told in 4.x: where the event is from, and what the rule is about.
    groups: [...new Set([...readersOf(own), ...textsIn(rule['tags'])])],
    agent: { id: textAt(agent, 'id'), name: textAt(agent, 'name') },
    manager: textAt(cluster, 'name'),
    node: textAt(cluster, 'node'),
    location:
      textAt(recordAt(own, 'protocol'), 'location') ||
      textAt(recordAt(recordAt(body, 'log'), 'file'), 'path') ||
      textAt(recordAt(own, 'integration'), 'name'),
    origin,
    digest,
    body,
  }
}

/** As written. Events that were not indexed yet may have no `@timestamp`. */
function timestampOf(body: JsonObject): string | number {
  const time = body['@timestamp']
  if (typeof time === 'number') return time
  const event = recordAt(body, 'event')
  return textAt(body, '@timestamp') || textAt(event, 'created') || textAt(event, 'ingested')
}

/** OpenSearch takes milliseconds of the epoch for a date, too. */
function timeOf(timestamp: string | number): number {
  if (typeof timestamp === 'number') return Number.isFinite(timestamp) && timestamp > 0 ? timestamp : 0
  return timestamp === '' ? 0 : parseTimestamp(timestamp)
}

/**
 * What tells a document from others, and is the same each time it comes, from whichever place; '' when nothing in it does. A finding
 * is made of one event (`event.doc_id`) and one rule. Its `_id` says less: betas of 5.0 gave each copy of a finding that was
 * written again a new one. `wazuh.event.id` is shared by the events that the policies of several spaces make of one log.
 */
function identityOf(body: JsonObject, own: JsonObject): string {
  const event = textAt(recordAt(body, 'event'), 'doc_id') || textAt(recordAt(own, 'event'), 'id')
  if (event === '') return ''
  const maker = textAt(recordAt(own, 'rule'), 'id') || textAt(recordAt(own, 'space'), 'name')
  return maker === '' ? event : `${event}/${maker}`
}

/** For a document that says nowhere which one it is: 128 bits over all of it. '' for what is nested too deep to be written. */
function contentId(body: JsonObject): string {
  try {
    return createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 32)
  } catch (error) {
    if (error instanceof RangeError) return ''
    throw error
  }
}
