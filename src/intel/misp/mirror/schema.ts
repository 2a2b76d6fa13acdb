import { z } from 'zod'
import { ERROR_CODES, type ErrorCode } from '../../../core/errors.ts'
import { isRecord, parseJson } from '../../../core/json.ts'

const errorCodes = new Set<string>(Object.keys(ERROR_CODES))
const errorCode = z.custom<ErrorCode>((code) => typeof code === 'string' && errorCodes.has(code))

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

const mirrorStatus = z.object({
  provider: z.string(),
  mode: z.string(),
  url: z.string(),
  state: z.enum(['empty', 'partial', 'fresh', 'stale']),
  events: z.int().min(0),
  indicators: z.int().min(0),
  /** When this was written, milliseconds. */
  at: z.number(),
  staleAfterMs: z.number(),
  lastSuccess: z.number().exactOptional(),
  /** Until when publications are known, Unix seconds of the server. */
  cursor: z.number().exactOptional(),
  leftOut: z.int().min(0),
  skipped: z.int().min(0),
  lastError: z.object({ code: errorCode, message: z.string(), at: z.number() }).exactOptional(),
})

/** What a mirror tells other processes about itself. */
export type MirrorStatus = Readonly<z.infer<typeof mirrorStatus>>

/** Undefined when the text is none. */
export function parseStatus(json: string): MirrorStatus | undefined {
  const value = parseJson(json)
  return isRecord(value) ? mirrorStatus.safeParse(value).data : undefined
}
