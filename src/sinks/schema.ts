import { z } from 'zod'
import { HOLD_REASONS, MATCH_KINDS } from '../core/match.ts'
import { TLP } from '../core/indicator.ts'
import { EXCLUSIONS, OBSERVABLE_TYPES } from '../core/observable.ts'

/** The shape of the output records, `docs/output.md`. The JSON Schema files in `schema/` are derived from here. */

const time = (text: string) => z.iso.datetime({ precision: 3 }).describe(`${text} UTC, milliseconds.`)
const percent = (text: string) => z.number().describe(`${text} 0 to 100.`)
const omitted = (what: string) => z.int().min(1).describe(`How many further ${what} were left out.`)
const names = (text: string) => z.array(z.string()).min(1).describe(text).exactOptional()
const where = z
  .array(z.string())
  .min(1)
  .describe('Every field path the value was seen at, `data.srcip`, `data.answers[].rdata`.')

const alert = z.object({
  id: z.string().describe('`id` of the alert; unique only within one manager node.'),
  time: time('`timestamp` of the alert.').exactOptional(),
  timestamp: z.string().describe('`timestamp` as the alert has it.'),
  rule: z.object({
    id: z.string(),
    level: z.number().describe('0 to 16.'),
    description: z.string(),
    groups: z.array(z.string()),
  }),
  agent: z.object({ id: z.string(), name: z.string(), ip: z.string().exactOptional() }),
  manager: z.string().describe('`manager.name` of the alert.'),
  node: z.string().describe('`cluster.node` of the alert, empty outside a cluster.'),
  location: z.string(),
  file: z.string().describe('The file the alert was read from.'),
  offset: z.int().min(0).describe('Byte offset of the alert in that file, uncompressed.'),
})

const indicator = z.object({
  provider: z.string().describe('The provider as named in the configuration.'),
  source: z.string().describe('Which feed, event or collection of the provider.'),
  type: z.enum(OBSERVABLE_TYPES),
  value: z.string().describe('Canonical value; an address indicator may be a network in CIDR form.'),
  kind: z.enum(MATCH_KINDS).describe('How this indicator matched.'),
  held_by: z.enum(HOLD_REASONS).describe('Why it does not count in full.').exactOptional(),
  warning_lists: names('Warning-lists its value stands on, at most 20.'),
  ref: z.string().describe('MISP attribute UUID, STIX id, or `<file>:<line>`.'),
  source_type: z.string().describe("The provider's own word for the type: `ip-dst|port`."),
  composite: z.string().describe("The provider's whole value where `value` is a part of it.").exactOptional(),
  pattern: z
    .string()
    .describe('The STIX pattern that holds for the alert, where `value` is only a part of it.')
    .exactOptional(),
  title: z.string().describe('Title of the event, report or indicator.').exactOptional(),
  event: z.string().describe('MISP event id or report id.').exactOptional(),
  event_uuid: z.string().describe('UUID of the MISP event.').exactOptional(),
  event_date: z.string().describe('Date the analyst gave the event, `2026-11-21`.').exactOptional(),
  threat_level: z.string().describe('`high`, `medium`, `low` or `undefined` in MISP.').exactOptional(),
  organisation: z.string().describe('Who made the statement.').exactOptional(),
  category: z.string().describe('MISP category or STIX indicator type.').exactOptional(),
  comment: z.string().exactOptional(),
  tags: z.array(z.string()),
  tags_omitted: omitted('tags').exactOptional(),
  tlp: z.enum(TLP).exactOptional(),
  threat_actors: names('Threat actors, from galaxy tags or relations, at most 20.'),
  malware: names('Malware, tools and ransomware, at most 20.'),
  attack_patterns: names('Techniques, by ATT&CK id and name, at most 20.'),
  kill_chain_phases: names('Kill chain and phase, at most 20.'),
  first_seen: time('When the provider says it was seen first.').exactOptional(),
  last_seen: time('When the provider says it was seen last.').exactOptional(),
  score: percent('Score as the provider states it,').exactOptional(),
  confidence: percent('Confidence as the provider states it,').exactOptional(),
  detection: z.boolean().describe('MISP `to_ids`, OpenCTI `x_opencti_detection`.').exactOptional(),
  valid_from: time('Start of validity.').exactOptional(),
  valid_until: time('End of validity.').exactOptional(),
  revoked: z.boolean().exactOptional(),
  link: z.string().describe('Where a person can read more.').exactOptional(),
})

const object = z.record(z.string(), z.unknown())

export const matchRecordSchema = z
  .object({
    schema: z.literal('tripline.match/1'),
    id: z.string().describe('The same for the same finding: recognises a duplicate.'),
    timestamp: time('When it matched.'),
    alert,
    observable: z.object({
      type: z.enum(OBSERVABLE_TYPES),
      value: z.string().describe('Canonical value.'),
      where,
      where_omitted: omitted('field paths').exactOptional(),
    }),
    match: z.object({
      kind: z.enum(MATCH_KINDS).describe('The strongest kind among the indicators.'),
      via: z.enum(['mirror', 'cache', 'online']).describe('Where the answer came from.'),
      stale: z
        .literal(true)
        .describe('The answer was older than its cache time, because the provider could not be asked.')
        .exactOptional(),
      delayed: z
        .literal(true)
        .describe('The provider could not be asked when the alert came; the answer came later.')
        .exactOptional(),
      seen_at: time('Of a delayed match: when the alert was first worked on.').exactOptional(),
      repeats: z
        .int()
        .min(1)
        .describe('Equal matches not reported since the last one that was; absent when none.')
        .exactOptional(),
      suppressed_by: z
        .array(z.enum(HOLD_REASONS))
        .min(1)
        .describe('Why the match is held back; absent for a true match.')
        .exactOptional(),
      providers: z.array(z.string()).min(1).describe('Every provider that knows the value.'),
    }),
    indicators: z.array(indicator).min(1),
    indicators_omitted: omitted('indicators').exactOptional(),
    misp: z
      .object({ event_id: z.string(), category: z.string(), type: z.string(), value: z.string() })
      .describe(
        'The first indicator that is not held back, in the keys of the older processor; empty text where unknown.',
      ),
    original_rule: object.describe('`rule` of the alert, as it was; of Wazuh 5 `wazuh.rule`.'),
    original_agent: object.describe('`agent` of the alert, as it was; of Wazuh 5 `wazuh.agent`.'),
    full_alert: object.describe('The whole alert, as it was.').exactOptional(),
    full_alert_omitted: z
      .object({
        reason: z.enum(['size', 'nesting', 'repeated']),
        bytes: z
          .int()
          .min(0)
          .describe('Its size as JSON; absent where it could not be told.')
          .exactOptional(),
      })
      .describe(
        'The alert was asked for, but is too large or too deep for a record, or stands in many records already: read it at `alert.file`.',
      )
      .exactOptional(),
  })
  .describe('One match, a line of ioc-matched.log (docs/output.md).')

export const parsedRecordSchema = z
  .object({
    alert_id: z.string().describe('`id` of the alert; unique only within one manager node.'),
    timestamp: time('`timestamp` of the alert.').exactOptional(),
    agent_id: z.string(),
    rule_id: z.string(),
    iocs: z
      .array(
        z.object({
          value: z.string().describe('Canonical value.'),
          type: z.enum(OBSERVABLE_TYPES),
          where,
          where_omitted: omitted('field paths').exactOptional(),
          excluded: z.enum(EXCLUSIONS).describe('Why it is never looked up by default.').exactOptional(),
          derived: z
            .literal(true)
            .describe('The host of a URL, seen nowhere else: matched through the URL.')
            .exactOptional(),
        }),
      )
      .min(1),
    iocs_omitted: omitted('observables').exactOptional(),
  })
  .describe('The observables of one alert, a line of ioc-parsed.log (docs/output.md).')

export type MatchRecord = z.infer<typeof matchRecordSchema>
export type IndicatorRecord = z.infer<typeof indicator>
export type ParsedRecord = z.infer<typeof parsedRecordSchema>

function render(schema: z.ZodType, id: string): string {
  return `${JSON.stringify({ $id: id, ...z.toJSONSchema(schema, { io: 'input' }) }, undefined, 2)}\n`
}

/** JSON Schema files by name, as text. Unknown keys are allowed: a later release may add some (docs/output.md). */
export function jsonSchemaFiles(): Readonly<Record<string, string>> {
  return {
    'match.schema.json': render(matchRecordSchema, 'urn:tripline:schema:match:1'),
    'parsed.schema.json': render(parsedRecordSchema, 'urn:tripline:schema:parsed:1'),
  }
}
