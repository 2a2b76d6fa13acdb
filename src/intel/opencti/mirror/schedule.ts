import { withEither } from '../../../core/abort.ts'
import { createBell } from '../../../core/bell.ts'
import type { Clock } from '../../../core/clock.ts'
import { createLatch } from '../../../core/latch.ts'
import type { OpenCtiConfig } from '../config.ts'
import type { OpenCtiCopy } from './copy.ts'

/** When everything is loaded, and what a load that is under way must not overwrite. */
export interface LoadSchedule {
  /** Resolves when a load is due; at abort, too. */
  readonly due: (signal: AbortSignal) => Promise<void>
  /** Something was missed: a load is owed until one has ended well, over restarts. */
  readonly ask: () => void
  /** It is known from where on changes come: a load misses none. Resolves, too, when that cannot be known. */
  readonly based: Promise<void>
  readonly setBased: () => void
  /** Whether the live stream is followed: it tells of deletions, polling does not. */
  readonly setStreaming: (isStreaming: boolean) => void
  readonly isStreaming: () => boolean
  /** A load begins; gives what tells at its end whether something was missed meanwhile. */
  readonly begin: () => () => boolean
  /** Objects that were changed since the load began; undefined when none is under way. */
  since: Set<string> | undefined
}

export interface ScheduleOptions {
  readonly copy: Pick<OpenCtiCopy, 'note'>
  readonly config: Pick<OpenCtiConfig, 'mirror'>
  readonly clock: Clock
}

/** The note is looked at so often: what is found damaged is owed, too. */
const MAX_SLEEP_MS = 60_000

/** A load is due when there was none, when one is owed, and now and then. */
export function createSchedule({ copy, config, clock }: ScheduleOptions): LoadSchedule {
  const bell = createBell()
  const based = createLatch()
  const { reload, pollReload } = config.mirror
  let isStreaming = false
  let wasAsked = false
  const leftMs = (): number => {
    const { complete, owed, loadedAt } = copy.note.get()
    const now = clock.now()
    // A clock that was set back makes it due at once.
    if (!complete || owed || loadedAt === undefined || now < loadedAt) return 0
    return loadedAt + (isStreaming ? reload : pollReload) - now
  }
  return {
    since: undefined,
    based: based.opened,
    setBased: based.open,
    setStreaming: (is) => {
      if (is !== isStreaming) bell.ring()
      isStreaming = is
    },
    isStreaming: () => isStreaming,
    begin: () => {
      wasAsked = false
      return () => wasAsked
    },
    ask: () => {
      wasAsked = true
      if (!copy.note.get().owed) copy.note.set({ owed: true }, true)
      bell.ring()
    },
    due: async (signal) => {
      for (let left = leftMs(); left > 0 && !signal.aborted; left = leftMs()) {
        const woken = new AbortController()
        const ms = Math.min(left, MAX_SLEEP_MS)
        await withEither(signal, woken.signal, async (both) => {
          await Promise.race([clock.sleep(ms, both), bell.rung(both)])
          woken.abort()
        })
      }
    },
  }
}
