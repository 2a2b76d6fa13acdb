import type { Clock } from '../core/clock.ts'
import type { AppEvents } from '../telemetry/events/app.ts'

/** Given the milliseconds that are left for it and for all behind it. `false`: it is closed, and not all of its work was done. */
type Close = (leftMs: number) => Promise<unknown>

/** Things to close, last opened first, against one deadline. */
export interface ClosingStack {
  push(name: string, close: Close): void
  /** Closes all; gives the names of those that were not done after `withinMs`. A failing close is told, not thrown. */
  closeAll(withinMs: number): Promise<readonly string[]>
}

export function createClosingStack(clock: Clock, events: AppEvents): ClosingStack {
  const stack: { readonly name: string; readonly close: Close }[] = []
  return {
    push: (name, close) => void stack.push({ name, close }),
    closeAll: async (withinMs) => {
      const until = clock.monotonic() + withinMs
      const late: string[] = []
      for (const { name, close } of stack.splice(0).toReversed()) {
        const leftMs = Math.max(0, until - clock.monotonic())
        const done = close(leftMs).catch((error: unknown) => events.closeFailed(name, error))
        if (!(await within(done, leftMs, clock)) || (await done) === false) late.push(name)
      }
      return late
    },
  }
}

/** Whether the work is done within the time; the work goes on in any case. */
export async function within(work: Promise<unknown>, ms: number, clock: Clock): Promise<boolean> {
  const cancel = new AbortController()
  const done = work.then(
    () => true,
    () => true,
  )
  const answer = await Promise.race([done, clock.sleep(ms, cancel.signal).then(() => false)])
  cancel.abort()
  return answer
}

/** Does work that ends when its signal aborts, which is after half of the time: the rest is for those behind it. */
export async function halfOf<Result>(
  leftMs: number,
  clock: Clock,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController()
  const done = new AbortController()
  void clock.sleep(leftMs / 2, done.signal).then(() => over.abort())
  try {
    return await work(over.signal)
  } finally {
    done.abort()
  }
}
