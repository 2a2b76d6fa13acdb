import { z } from 'zod'
import { lenient } from '../lenient.ts'

/** Longer texts are cut: they are shown to people, not matched. */
const MAX_TEXT_CHARS = 1000
const MAX_VALUE_CHARS = 64 * 1024
const MAX_TAGS = 100

const text = z.string().transform((value) => value.slice(0, MAX_TEXT_CHARS))
const someText = lenient(
  z
    .union([z.string(), z.number(), z.bigint()])
    .transform((value) => String(value).slice(0, MAX_TEXT_CHARS) || undefined),
)
const flag = z.union([
  z.boolean(),
  z.union([z.literal(1), z.literal('1'), z.literal('true')]).transform(() => true),
  z.union([z.literal(0), z.literal('0'), z.literal('false')]).transform(() => false),
])
const percent = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,3}(?:\.\d{1,6})?$/)
      .transform(Number),
  ])
  .pipe(z.number().min(0).max(100))
const elements = z.array(z.unknown()).catch([])

/** Reads every element that fits and leaves the others out. */
function each<T>(element: z.ZodType<T>, max: number) {
  return elements.transform((all) =>
    all.slice(0, max).flatMap((one) => {
      const parsed = element.safeParse(one)
      return parsed.success ? [parsed.data] : []
    }),
  )
}

const mispTags = each(
  z.object({ name: text }).transform(({ name }) => name),
  MAX_TAGS,
)

/** MISP 2.4 and 2.5: numbers may be texts, flags may be 0/1 or `"1"`; a feed's files leave ids out. */
export const mispAttribute = z.object({
  type: z.string().max(100),
  value: z.string().max(MAX_VALUE_CHARS),
  uuid: someText,
  id: someText,
  category: someText,
  comment: someText,
  to_ids: lenient(flag),
  deleted: lenient(flag),
  first_seen: someText,
  last_seen: someText,
  event_id: someText,
  Tag: mispTags,
  Event: z.unknown().optional(),
})
export type MispAttribute = z.infer<typeof mispAttribute>

export const mispEvent = z.object({
  id: someText,
  uuid: someText,
  info: someText,
  date: lenient(z.string().regex(/^\d{4}-\d{2}-\d{2}$/)),
  threat_level_id: someText,
  published: lenient(flag),
  Orgc: lenient(z.object({ name: someText })),
  Tag: mispTags,
  Attribute: elements,
  Object: each(z.object({ deleted: lenient(flag), Attribute: elements }), Infinity),
})
export type MispEvent = z.infer<typeof mispEvent>

const texts = each(text, MAX_TAGS)
const opencti = lenient(z.object({ score: lenient(percent), detection: lenient(flag) }))

/** STIX 2.0 and 2.1 indicator, with the properties OpenCTI adds to it (top level, or its extension definition). */
export const stixIndicator = z.object({
  id: z.string().max(200),
  pattern: z.string(),
  pattern_type: lenient(z.string()),
  name: someText,
  description: someText,
  revoked: lenient(flag),
  valid_from: lenient(z.string()),
  valid_until: lenient(z.string()),
  confidence: lenient(percent),
  labels: texts,
  indicator_types: texts,
  object_marking_refs: texts,
  external_references: each(z.object({ url: text.pipe(z.string().regex(/^https?:\/\//i)) }), MAX_TAGS),
  x_opencti_score: lenient(percent),
  x_opencti_detection: lenient(flag),
  extensions: lenient(
    z
      .object({ 'extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba': opencti })
      .transform((all) => all['extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba']),
  ),
})
export type StixIndicator = z.infer<typeof stixIndicator>

export const stixMarking = z.object({
  id: z.string().max(200),
  name: someText,
  definition_type: someText,
  definition: lenient(z.object({ tlp: someText, TLP: someText })),
  x_opencti_definition: someText,
})
