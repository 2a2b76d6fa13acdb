import type { Clock } from '../../core/clock.ts'
import type { AppError } from '../../core/errors.ts'
import type { Indicator } from '../../core/indicator.ts'
import type { FeedOutcome } from '../../telemetry/events/feed.ts'
import { feedError } from './bytes.ts'
import { loadFile } from './load.ts'
import type { FeedFile } from './scan.ts'
import { createTally, outcomeOf } from './tally.ts'

/** How the reading of one file ended. `left-out`: nothing in it was understood, and it may be there for other reasons. */
export type FileEnd =
  | { readonly kind: 'loaded' | 'left-out'; readonly outcome: FeedOutcome }
  | { readonly kind: 'failed'; readonly outcome: FeedOutcome; readonly error: AppError }

export interface ReadingOptions {
  readonly provider: string
  readonly maxBytes: number
  readonly clock: Clock
  /** A file without any entry that is understood is left out: it gives nothing, and that is no failure. */
  readonly mayLeaveOut: boolean
  /** Called once, unless the signal aborts or the reader gives up. */
  readonly onEnd: (end: FileEnd) => void
}

/** One file in blocks of indicators. Throws like `loadFile`, except for a file that is left out. */
export async function* readFeedFile(
  { path, entry }: FeedFile,
  { provider, maxBytes, clock, mayLeaveOut, onEnd }: ReadingOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly Indicator[]> {
  const started = clock.monotonic()
  const tally = createTally()
  const outcome = (): FeedOutcome => outcomeOf(tally, path, Math.round(clock.monotonic() - started))
  try {
    yield* loadFile({ provider, path, entry, maxBytes, tally }, signal)
  } catch (cause) {
    if (signal.aborted) throw cause
    const error = feedError(cause)
    if (mayLeaveOut && error.code === 'FEED_MALFORMED' && tally.nothingUnderstood()) {
      onEnd({ kind: 'left-out', outcome: outcome() })
      return
    }
    onEnd({ kind: 'failed', outcome: outcome(), error })
    throw error
  }
  onEnd({ kind: 'loaded', outcome: outcome() })
}
