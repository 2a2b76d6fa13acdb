import { stat, utimes } from 'node:fs/promises'
import type { Clock } from '../core/clock.ts'

/** A holder touches its lock this often. */
const HEARTBEAT_MS = 5000
/** Without a beat for so long its holder is dead: a pause of the event loop or of the disk is shorter. */
export const SILENCE_MS = 30_000
const LOOK_MS = 1000

/** Touches the file while `isOwn`, until the function returned is called. Keeps no process running. */
export function startHeartbeat(
  path: string,
  isOwn: () => Promise<boolean>,
  everyMs = HEARTBEAT_MS,
): () => void {
  async function beat(): Promise<void> {
    const now = new Date()
    if (await isOwn()) await utimes(path, now, now)
  }
  // A beat that fails is a beat left out: too many of them only matter to a second starter.
  const timer = setInterval(() => void beat().catch(() => undefined), everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

export interface ListenOptions {
  readonly clock: Clock
  /** Ends the waiting: the holder then counts as alive. */
  readonly signal: AbortSignal | undefined
}

/**
 * Whether the file is touched, or goes, within SILENCE_MS. Goes by changes of its time and by the own monotonic clock,
 * so that clocks of two machines need not agree.
 */
export async function hearsBeat(path: string, { clock, signal }: ListenOptions): Promise<boolean> {
  const first = await touchedAt(path)
  for (const began = clock.monotonic(); clock.monotonic() - began < SILENCE_MS;) {
    await clock.sleep(LOOK_MS, signal)
    if (signal?.aborted === true || (await touchedAt(path)) !== first) return true
  }
  return false
}

async function touchedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs
  } catch {
    return undefined
  }
}
