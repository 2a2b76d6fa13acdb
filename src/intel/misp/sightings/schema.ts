import { z } from 'zod'

const text = z.string()

/** What lies in the store under `sighting/<provider>/<uuid>`. */
const record = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('queued'),
    event: text.min(1),
    attribute: text.min(1),
    value: text,
    seenAt: z.number(),
    source: text.min(1),
  }),
  /** Told, or refused for good: kept until the interval is over. */
  z.object({ state: z.literal('sent') }),
])

export type SightingRecord = Readonly<z.infer<typeof record>>

export function encodeRecord(value: SightingRecord): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

/** Undefined when it was damaged or written by another version. */
export function decodeRecord(bytes: Uint8Array): SightingRecord | undefined {
  try {
    return record.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8'))).data
  } catch {
    return undefined
  }
}
