import type { Clock } from '../core/clock.ts'

export interface PaceOptions {
  readonly perSecond: number
  /** Lines that may be ahead of the pace. */
  readonly burst: number
  readonly clock: Clock
}

export interface Pace {
  /** Resolves when more may be written, or at abort; false when it had to wait for that. */
  ready(signal: AbortSignal): Promise<boolean>
  /** Tells how many lines were written just now. */
  wrote(lines: number): void
}

/** In any `n` seconds at most `n` times `perSecond` lines, `burst`, and what is written at a time. */
export function createPace({ perSecond, burst, clock }: PaceOptions): Pace {
  const msPerLine = 1000 / perSecond
  /** When everything written so far would have been written at the pace. */
  let evenAt = 0
  return {
    ready: async (signal) => {
      const wait = evenAt - clock.monotonic() - burst * msPerLine
      if (wait <= 0) return true
      await clock.sleep(wait, signal)
      return false
    },
    wrote: (lines) => {
      evenAt = Math.max(evenAt, clock.monotonic()) + lines * msPerLine
    },
  }
}
