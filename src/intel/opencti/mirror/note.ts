import { z } from 'zod'
import type { Clock } from '../../../core/clock.ts'
import type { Snapshot } from '../../mirror/snapshot.ts'

const note = z.object({
  /** Whether everything was loaded once. */
  complete: z.boolean(),
  /** Something was missed since: a load has to repair it. */
  owed: z.boolean(),
  /** When the last full load ended well, milliseconds of our clock. */
  loadedAt: z.number().exactOptional(),
  /** When the server was last known to have nothing newer. */
  succeededAt: z.number().exactOptional(),
  /** Id of the last event of the stream: `<ms of the server>-<n>`. */
  position: z.string().exactOptional(),
  /** Until when changes were asked for: `updated_at` of the server, ISO 8601. */
  polledUntil: z.string().exactOptional(),
  /** Since when full loads promise suspiciously few. */
  shrunkAt: z.number().exactOptional(),
  /** Left out because of `maxIndicators`. */
  leftOut: z.int().min(0),
})

/** What the copy says about the whole, beside its indicators. */
export type CopyNote = Readonly<z.infer<typeof note>>

const NOTHING_YET: CopyNote = { complete: false, owed: false, leftOut: 0 }

/** The note of a copy, in memory and in its snapshot. */
export interface NoteKeeper {
  readonly get: () => CopyNote
  /**
   * Written with what is written next or after some time; `now`: at once, as far as the disk takes it. What says that something
   * is missing is written before what says that nothing is.
   */
  readonly set: (change: Partial<CopyNote>, now?: true) => void
  /** Everything was loaded; something missed meanwhile stays owed. */
  readonly loadEnded: (end: { readonly leftOut: number; readonly isOwed: boolean }) => void
  /** Writes what is not written yet. Throws STATE_UNWRITABLE. */
  readonly flush: () => void
  /** Milliseconds since nothing newer was known to be missing; undefined when that never was. */
  readonly ageMs: () => number | undefined
}

export function createNoteKeeper(
  snapshot: Pick<Snapshot, 'note' | 'change'>,
  clock: Clock,
  onUnwritten: (error: unknown) => void,
): NoteKeeper {
  let current = note.safeParse(snapshot.note).data ?? NOTHING_YET
  let isWritten = true
  /** A clock that was set back says nothing about age: it counts from now on. */
  let succeeded =
    current.succeededAt === undefined
      ? undefined
      : clock.monotonic() - Math.max(0, clock.now() - current.succeededAt)

  function flush(): void {
    if (isWritten) return
    snapshot.change({ note: current })
    isWritten = true
  }

  function write(next: CopyNote, now: boolean): void {
    if (next.succeededAt !== current.succeededAt) succeeded = clock.monotonic()
    current = next
    isWritten = false
    if (!now) return
    try {
      flush()
    } catch (error) {
      onUnwritten(error)
    }
  }

  return {
    get: () => current,
    set: (change, now) => write({ ...current, ...change }, now === true),
    loadEnded: ({ leftOut, isOwed }) => {
      const { shrunkAt: _, ...rest } = current
      const at = clock.now()
      write({ ...rest, complete: true, owed: isOwed, leftOut, loadedAt: at, succeededAt: at }, true)
    },
    flush,
    ageMs: () => (succeeded === undefined ? undefined : clock.monotonic() - succeeded),
  }
}
