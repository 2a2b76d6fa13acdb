import { z } from 'zod'
import { TLP, type Indicator } from '../../core/indicator.ts'
import { parseJson } from '../../core/json.ts'
import { OBSERVABLE_TYPES } from '../../core/observable.ts'
import { storedContext } from './context-schema.ts'

const text = z.string()
const percent = z.number().min(0).max(100)

const indicator = z.object({
  type: z.enum(OBSERVABLE_TYPES),
  value: text,
  provider: text,
  source: text,
  ref: text,
  sourceType: text,
  composite: text.exactOptional(),
  title: text.exactOptional(),
  event: text.exactOptional(),
  eventUuid: text.exactOptional(),
  eventDate: text.exactOptional(),
  threatLevel: text.exactOptional(),
  organisation: text.exactOptional(),
  category: text.exactOptional(),
  comment: text.exactOptional(),
  tags: z.array(text),
  tlp: z.enum(TLP).exactOptional(),
  threatActors: z.array(text).exactOptional(),
  malware: z.array(text).exactOptional(),
  attackPatterns: z.array(text).exactOptional(),
  killChainPhases: z.array(text).exactOptional(),
  firstSeen: z.number().exactOptional(),
  lastSeen: z.number().exactOptional(),
  score: percent.exactOptional(),
  confidence: percent.exactOptional(),
  detection: z.boolean().exactOptional(),
  validFrom: z.number().exactOptional(),
  validUntil: z.number().exactOptional(),
  revoked: z.boolean().exactOptional(),
  link: text.exactOptional(),
  pattern: text.exactOptional(),
  context: storedContext.exactOptional(),
}) satisfies z.ZodType<Indicator>

/** Every field of an indicator. */
export const INDICATOR_KEYS: readonly (keyof Indicator)[] = indicator.keyof().options

/** Undefined when it is no indicator: the file may be damaged or another program's. */
export function parseIndicator(body: unknown): Indicator | undefined {
  return indicator.safeParse(body).data
}

const blockHead = z.object({ shared: z.record(text, z.unknown()), keys: z.array(text) })
const blockRow = z.array(z.unknown())

/** What the indicators of a block share, and which fields a row has, in order. Throws when the text is neither. */
export function parseBlockHead(json: string): z.infer<typeof blockHead> {
  return blockHead.parse(JSON.parse(json))
}

export function parseBlockRow(json: string): z.infer<typeof blockRow> {
  return blockRow.parse(JSON.parse(json))
}

const listing = z.object({
  types: z.array(z.enum(OBSERVABLE_TYPES)),
  values: z.array(text),
  extract: z.unknown().optional(),
})

/** What stands before a block in a snapshot. Throws when the text is something else. */
export function parseListing(json: string): z.infer<typeof listing> {
  return listing.parse(JSON.parse(json))
}

const snapshotHead = z.object({
  timestamp: z.number(),
  indicators: z.int().min(0),
  chunks: z.int().min(0),
  generation: z.int().min(0),
  unpublishedSince: z.number().exactOptional(),
})

/** What a snapshot file says about one unit. */
export type SnapshotHead = z.infer<typeof snapshotHead>

/** Undefined when the bytes are something else. */
export function parseSnapshotHead(bytes: Uint8Array): SnapshotHead | undefined {
  return snapshotHead.safeParse(parseJson(Buffer.from(bytes).toString())).data
}

const snapshotMeta = z.object({ format: z.int(), identity: text })

/** Undefined when it is none: of another version, or damaged. */
export function parseSnapshotMeta(bytes: Uint8Array): z.infer<typeof snapshotMeta> | undefined {
  return snapshotMeta.safeParse(parseJson(Buffer.from(bytes).toString())).data
}
