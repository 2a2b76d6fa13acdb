import { z } from 'zod'

const note = z.object({
  /** Whether everything was loaded once. */
  complete: z.boolean(),
  /** When the last full load began and ended well, milliseconds of our clock. */
  loadedAt: z.number().exactOptional(),
  /** When the server was last known to have nothing newer. */
  succeededAt: z.number().exactOptional(),
  /** Id of the last event of the stream: `<ms of the server>-<n>`. */
  position: z.string().exactOptional(),
  /** Until when changes were asked for: `updated_at` of the server, ISO 8601. */
  polledUntil: z.string().exactOptional(),
  /** The last full load promised suspiciously few. */
  shrunk: z.boolean(),
  /** Left out because of `maxIndicators`. */
  leftOut: z.int().min(0),
})

/** What the copy says about the whole, beside its indicators. */
export type CopyNote = Readonly<z.infer<typeof note>>

const NOTHING_YET: CopyNote = { complete: false, shrunk: false, leftOut: 0 }

/** What the snapshot holds; that of an empty one when it is anything else. */
export function parseNote(value: unknown): CopyNote {
  return note.safeParse(value).data ?? NOTHING_YET
}
