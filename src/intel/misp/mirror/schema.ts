import { z } from 'zod'

const syncNote = z.object({
  /** Whether all events were fetched once. */
  complete: z.boolean(),
  /** Until when publications are known, Unix seconds of the server. */
  cursor: z.number().exactOptional(),
  /** When the list of all events was compared last, milliseconds of our clock. */
  reconciledAt: z.number().exactOptional(),
  /** When a round succeeded last, milliseconds of our clock. */
  succeededAt: z.number().exactOptional(),
  /** The last list of all events was suspiciously short. */
  shrunk: z.boolean(),
  /** Events left out because of `maxIndicators`. */
  leftOut: z.int().min(0),
  /** Events that could not be fetched. */
  skipped: z.int().min(0),
})

/** What a snapshot says about the whole, beside its events. */
export type SyncNote = Readonly<z.infer<typeof syncNote>>

const NOTHING_YET: SyncNote = { complete: false, shrunk: false, leftOut: 0, skipped: 0 }

/** What the snapshot holds; that of an empty one when it is anything else. */
export function parseNote(note: unknown): SyncNote {
  return syncNote.safeParse(note).data ?? NOTHING_YET
}
