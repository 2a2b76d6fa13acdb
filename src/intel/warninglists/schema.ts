import { z } from 'zod'

/** The five ways of comparing, MISP 2.4 and 2.5. */
export const LIST_TYPES = ['string', 'substring', 'hostname', 'cidr', 'regex'] as const
export type ListType = (typeof LIST_TYPES)[number]

/** Longer names are cut: they stand in records. */
const MAX_NAME_CHARS = 200

const version = z.union([z.string().max(100), z.number().transform(String)]).catch('')
const flag = z
  .union([z.boolean(), z.literal(['1', 1]).transform(() => true), z.literal(['0', 0]).transform(() => false)])
  .optional()
  .catch(undefined)

/**
 * What is read of a list besides its entries: `list.json` of the public collection, which is also what an instance exports. Without
 * a type MISP compares strings.
 */
export const listHead = z.object({
  name: z
    .string()
    .min(1)
    .transform((name) => name.slice(0, MAX_NAME_CHARS)),
  type: z.enum(LIST_TYPES).default('string'),
  version,
  category: z.string().optional().catch(undefined),
  /** False of lists that were made on the instance and did not come with MISP. */
  default: flag,
  matching_attributes: z.array(z.string()).max(1000).default([]),
})
export type ListHead = z.infer<typeof listHead>

/** `/warninglists/view/<id>` (`warninglists__view_small`). */
export const viewedList = z.object({
  Warninglist: z.object({
    WarninglistEntry: z.array(z.unknown()),
    WarninglistType: z.array(z.object({ type: z.string() })).catch([]),
  }),
})

export const keptList = z.object({ key: z.string(), list: z.unknown() })
