import { z } from 'zod'
import { lenient } from '../../lenient.ts'

/** Longer texts are cut: patterns may be lists of hundreds of values, the rest is for people. */
const MAX_PATTERN_CHARS = 256 * 1024
const MAX_TEXT_CHARS = 4000
const MAX_LIST = 100

const text = lenient(z.string().transform((value) => value.slice(0, MAX_TEXT_CHARS)))
const id = z.string().min(1).max(300)
const percent = lenient(z.number().min(0).max(100))
const flag = lenient(z.boolean())

/** Elements that cannot be used are left out: null stands for what may not be seen. */
function each<T>(element: z.ZodType<T>, max = MAX_LIST) {
  return z
    .array(z.unknown())
    .catch([])
    .transform((all) =>
      all.slice(0, max).flatMap((one) => {
        const parsed = element.safeParse(one)
        return parsed.success ? [parsed.data] : []
      }),
    )
}

/** `{ edges: [{ node }] }`, any part of which may be null. */
function nodes<T>(node: z.ZodType<T>, max?: number) {
  return z
    .object({ edges: each(z.object({ node }), max) })
    .transform(({ edges }) => edges.map((edge) => edge.node))
    .catch([])
}

const identity = lenient(
  z.object({
    id: text,
    standard_id: text,
    identity_class: text,
    name: text,
    x_opencti_organization_type: text,
    x_opencti_reliability: text,
    x_opencti_firstname: text,
    x_opencti_lastname: text,
  }),
)
const markings = each(z.object({ standard_id: text, definition_type: text, definition: text }))
const labels = each(z.object({ value: z.string() }).transform(({ value }) => value.slice(0, MAX_TEXT_CHARS)))
const references = nodes(z.object({ url: z.string().max(MAX_TEXT_CHARS) }).transform(({ url }) => url))
const texts = each(z.string().transform((value) => value.slice(0, MAX_TEXT_CHARS)))

const target = lenient(
  z.object({
    id: text,
    entity_type: text,
    malware_name: text,
    tool_name: text,
    intrusion_set_name: text,
    threat_actor_name: text,
    campaign_name: text,
    attack_pattern_name: text,
    x_mitre_id: text,
  }),
)
export type OpenCtiTarget = NonNullable<z.infer<typeof target>>

export const indicatorNode = z.object({
  id,
  standard_id: text,
  name: text,
  description: text,
  pattern: lenient(z.string().max(MAX_PATTERN_CHARS)),
  pattern_type: text,
  indicator_types: texts,
  valid_from: text,
  valid_until: text,
  revoked: flag,
  confidence: percent,
  x_opencti_score: percent,
  x_opencti_detection: flag,
  x_opencti_main_observable_type: text,
  x_mitre_platforms: texts,
  created_at: text,
  updated_at: text,
  createdBy: identity,
  objectMarking: markings,
  objectLabel: labels,
  killChainPhases: each(z.object({ kill_chain_name: text, phase_name: text })),
  externalReferences: references,
  stixCoreRelationships: nodes(z.object({ to: target }), MAX_LIST),
})
export type IndicatorNode = z.infer<typeof indicatorNode>

/** The other end of a relationship; null when this user may not see it. */
const otherEnd = lenient(
  z.object({ id, entity_type: text, observable_value: text, indicators: nodes(indicatorNode) }),
)
const relationship = z.object({ relationship_type: text, to: otherEnd, from: otherEnd })

export const observableNode = z.object({
  id,
  standard_id: text,
  entity_type: text,
  observable_value: text,
  value: lenient(z.string()),
  x_opencti_score: percent,
  x_opencti_description: text,
  created_at: text,
  updated_at: text,
  createdBy: identity,
  objectLabel: labels,
  externalReferences: references,
  hashes: each(z.object({ algorithm: text, hash: lenient(z.string()) })),
  extensions: text,
  size: lenient(z.number()),
  name: text,
  x_opencti_additional_names: texts,
  indicators: nodes(indicatorNode),
  to_addresses: nodes(relationship),
  from_names: nodes(relationship),
})
export type ObservableNode = z.infer<typeof observableNode>

export const connection = z.object({
  pageInfo: lenient(z.object({ hasNextPage: flag, endCursor: text, globalCount: lenient(z.number()) })),
  edges: z.array(z.unknown()),
})

export const streamNode = z.object({ id, name: text, stream_live: flag })

/** What a mutation made. */
export const madeNode = z.object({ id })

export const sightingNode = z.object({
  id,
  first_seen: text,
  last_seen: text,
  attribute_count: lenient(z.number().min(0)),
})
export type SightingNode = z.infer<typeof sightingNode>

const code = lenient(z.string().max(100))
const status = lenient(z.object({ http_status: lenient(z.number()) }))

/** OpenCTI up to 6.2.12 has name and data beside the message, later releases have them in `extensions`. */
export const graphQlError = z.object({
  message: lenient(z.string().max(10_000)),
  name: code,
  data: status,
  extensions: lenient(z.object({ code, data: status })),
})

export const envelope = z.object({ data: z.unknown().optional(), errors: lenient(z.array(z.unknown())) })

export const about = z.object({
  about: z.object({ version: z.string().max(100) }),
  me: lenient(
    z.object({
      name: text,
      user_email: text,
      capabilities: each(
        z.object({ name: z.string() }).transform(({ name }) => name),
        1000,
      ),
    }),
  ),
})
