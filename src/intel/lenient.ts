import type { z } from 'zod'

/** What a wrong type gives: nothing, and the rest of the object is used. */
export function lenient<T extends z.ZodType>(schema: T) {
  return schema.optional().catch(undefined)
}
