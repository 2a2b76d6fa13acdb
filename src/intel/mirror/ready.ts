import type { Clock } from '../../core/clock.ts'
import type { ChangeSet } from '../../core/ports.ts'

interface ReadyOptions {
  readonly clock: Clock
  /** How much longer 'ready' may be waited for; asked again when that is over. */
  readonly leftMs: () => number
  /** Called when it is waited for no longer. */
  readonly onOver: () => void
  readonly signal: AbortSignal
}

/** Passes changes on. 'ready' comes once: where it comes by itself, or, when that takes too long, between two changes. */
async function* readyInTime(
  changes: AsyncGenerator<ChangeSet>,
  { clock, leftMs, onOver, signal }: ReadyOptions,
): AsyncGenerator<ChangeSet> {
  let isReady = false
  try {
    for (;;) {
      const next = changes.next()
      while (!isReady && !signal.aborted && !(await isDone(next, clock, leftMs())))
        if (leftMs() <= 0) {
          isReady = true
          onOver()
          yield { kind: 'ready' }
        }
      const result = await next
      if (result.done === true) return
      const { value: change } = result
      if (change.kind !== 'ready') yield change
      else if (!isReady) {
        isReady = true
        yield change
      }
    }
  } finally {
    await changes.return(undefined)
  }
}

/** Whether it settles within the time. */
async function isDone(work: Promise<unknown>, clock: Clock, ms: number): Promise<boolean> {
  const cancel = new AbortController()
  const done = work.then(
    () => true,
    () => true,
  )
  const answer = await Promise.race([done, clock.sleep(Math.max(0, ms), cancel.signal).then(() => false)])
  // With a reason: the exception that Node would make of none takes its time, and there are units by the ten thousand.
  cancel.abort('settled')
  return answer
}

export type MirrorMode = 'online' | 'mirror' | 'hybrid'

/**
 * How long alerts wait for the first copy of a platform. `mirror`: an alert that is read before is never matched against what
 * comes later, so as long as answers come they wait, and so long after the last one. `hybrid` asks online meanwhile. Both
 * count from when the copy on the disk is loaded.
 */
export const START_WAIT_MS: Readonly<Record<MirrorMode, number>> = {
  online: 0,
  mirror: 60_000,
  hybrid: 10_000,
}
/** In all. A million indicators take some minutes. */
const MAX_START_WAIT_MS = 30 * 60_000

/** What the filling of a mirror reports of its start. */
export interface StartProgress {
  /** Called for each unit that comes from the disk. */
  readonly onLoaded: () => void
  /** Called after each answer of the server. */
  readonly onAnswer: () => void
}

export interface StartOptions extends Pick<ReadyOptions, 'clock' | 'signal'> {
  readonly mode: MirrorMode
  /** Called when the first copy is waited for no longer. */
  readonly onOver: (waitedMs: number) => void
}

/** Passes on what `follow` gives; 'ready' comes in time. */
export function startInTime(
  follow: (progress: StartProgress) => AsyncGenerator<ChangeSet>,
  { mode, clock, signal, onOver }: StartOptions,
): AsyncGenerator<ChangeSet> {
  const began = clock.monotonic()
  let loaded = began
  let answered = began
  const until = (): number =>
    Math.min(
      Math.max(loaded, mode === 'mirror' ? answered : began) + START_WAIT_MS[mode],
      began + MAX_START_WAIT_MS,
    )
  const changes = follow({
    onLoaded: () => {
      loaded = clock.monotonic()
    },
    onAnswer: () => {
      answered = clock.monotonic()
    },
  })
  return readyInTime(changes, {
    clock,
    signal,
    leftMs: () => until() - clock.monotonic(),
    onOver: () => onOver(Math.round(clock.monotonic() - began)),
  })
}
