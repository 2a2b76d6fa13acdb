import { z } from 'zod'
import { parseJson } from '../../../core/json.ts'
import type { Tally } from './tally.ts'

const time = z.number().int().min(0)
const period = z.object({ first: time, last: time, count: z.number().min(0) })
const text = z.string().min(1)

/** What lies in the store under `sighting/<provider>/<key>`. */
const record = z.object({
  ref: text,
  place: z.object({ kind: z.enum(['identity', 'agent']), name: text }),
  told: period.extend({ id: text }).optional(),
  sending: period.optional(),
  fresh: period.optional(),
  dueAt: time,
  alerts: z.array(z.string()),
})

export function encodeTally({ key: _key, ...rest }: Tally): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(rest))
}

/** Undefined when it was damaged, or written by another version. */
export function decodeTally(key: string, bytes: Uint8Array): Tally | undefined {
  const { data } = record.safeParse(parseJson(Buffer.from(bytes).toString('utf8')))
  if (data === undefined) return undefined
  const { told, sending, fresh, ...rest } = data
  return {
    key,
    ...rest,
    ...(told === undefined ? {} : { told }),
    ...(sending === undefined ? {} : { sending }),
    ...(fresh === undefined ? {} : { fresh }),
  }
}
