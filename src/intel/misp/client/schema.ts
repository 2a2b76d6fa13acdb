import { z } from 'zod'
import { lenient } from '../../lenient.ts'

const MAX_TEXT_CHARS = 1000

/** Numbers are texts or numbers, by the settings of the server's database driver. */
const count = z
  .union([z.number(), z.string().regex(/^\d{1,15}$/)])
  .transform(Number)
  .pipe(z.int().min(0))
const text = z
  .union([z.string(), z.number()])
  .transform((value) => String(value).slice(0, MAX_TEXT_CHARS))
  .pipe(z.string().min(1))
const flag = z.union([
  z.boolean(),
  z.union([z.literal(1), z.literal('1')]).transform(() => true),
  z.union([z.literal(0), z.literal('0')]).transform(() => false),
])
const elements = z.array(z.unknown())

/** MISP's errors, and refused sightings. */
export const mispMessage = z.object({ name: lenient(z.string()), message: z.string() })

/** `{"response": []}` is what releases before 2.5 may answer when nothing is found. */
export const searchAnswer = z.object({
  response: z.union([
    z.object({ Attribute: elements }),
    z.array(z.never()).transform(() => ({ Attribute: [] })),
  ]),
})

export const versionAnswer = z.object({
  version: z.string().regex(/^\d+\.\d+\.\d+/),
  perm_sighting: lenient(flag),
  filter_sightings: lenient(flag),
})

export const userAnswer = z.object({
  User: z.object({ email: lenient(text) }),
  Role: lenient(
    z.object({
      name: lenient(text),
      perm_sighting: lenient(flag),
      perm_sync: lenient(flag),
      enforce_rate_limit: lenient(flag),
      rate_limit_count: lenient(count),
      restsearch_limit_result: lenient(count),
    }),
  ),
  Organisation: lenient(z.object({ name: lenient(text) })),
})

export const indexAnswer = elements
/** Of the minimal index. */
export const indexEntry = z.object({
  id: text,
  uuid: text,
  timestamp: count.catch(0),
  published: flag.catch(false),
})

export const warningListsAnswer = z.object({
  Warninglists: z.array(
    z.object({
      Warninglist: z.object({
        id: text,
        name: text,
        version: text.catch('0'),
        warninglist_entry_count: count.catch(0),
        enabled: flag.catch(true),
        default: lenient(flag),
        category: lenient(text),
      }),
    }),
  ),
})

/** `/warninglists/export/<id>`. */
export const exportedList = z.looseObject({
  list: z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())]),
})
/** `/warninglists/view/<id>`. */
export const viewedList = z.object({
  Warninglist: z.looseObject({
    name: z.unknown(),
    WarninglistEntry: z.array(z.object({ value: z.string() })),
    WarninglistType: z.array(z.object({ type: z.string() })).catch([]),
  }),
})

export const savedSighting = z.object({ Sighting: z.object({ id: text }) })
/** `{"saved": true, "success": "3 sightings added."}`. */
export const bulkAnswer = z.object({ saved: flag, success: lenient(z.string()) })
