import type { Clock } from '../core/clock.ts'
import type { AppEvents } from '../telemetry/events/app.ts'

type Close = () => Promise<void>

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
        const done = close().catch((error: unknown) => events.closeFailed(name, error))
        if (!(await within(done, Math.max(0, until - clock.monotonic()), clock))) late.push(name)
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
