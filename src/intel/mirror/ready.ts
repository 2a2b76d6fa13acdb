import type { Clock } from '../../core/clock.ts'
import type { ChangeSet } from '../../core/ports.ts'

export interface ReadyOptions {
  readonly clock: Clock
  /** How much longer 'ready' may be waited for; asked again when that is over. */
  readonly leftMs: () => number
  /** Called when it is waited for no longer. */
  readonly onOver: () => void
  readonly signal: AbortSignal
}

/** Passes changes on. 'ready' comes once: where it comes by itself, or, when that takes too long, between two changes. */
export async function* readyInTime(
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
  cancel.abort()
  return answer
}
