import { onAbort } from '../core/abort.ts'
import type { Clock } from '../core/clock.ts'
import { AppError } from '../core/errors.ts'
import type { Delivery, Sink } from '../core/ports.ts'

export interface TryWrite {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly ending: AbortSignal
  readonly onLate: (error: AppError) => void
}

/** What a write ended with. */
interface Ended {
  readonly error: unknown
}

/**
 * One write with a time-out; gives what it failed with, undefined when it did not. A write that does not even end when its
 * signal is aborted is waited for: a sink is called by one caller at a time. At `ending` nothing is waited for any more.
 */
export async function tryWrite(
  sink: Sink,
  part: Delivery,
  { clock, timeoutMs, ending, onLate }: TryWrite,
): Promise<unknown> {
  const giveUp = new AbortController()
  const done = new AbortController()
  let unlisten: (() => void) | undefined
  const over = new Promise<Ended>((resolve) => {
    unlisten = onAbort(ending, () => {
      giveUp.abort()
      resolve({ error: new AppError('SINK_UNWRITABLE', 'The sink did not answer before the end') })
    })
  })
  const write = attempt(sink, part, giveUp.signal).finally(() => done.abort())
  try {
    const late = clock.sleep(timeoutMs, done.signal).then(() => (done.signal.aborted ? write : undefined))
    const first = await Promise.race([write, over, late])
    if (first !== undefined) return first.error
    giveUp.abort()
    onLate(new AppError('SINK_UNWRITABLE', `The sink did not answer within ${timeoutMs / 1000} s`))
    return (await Promise.race([write, over])).error
  } finally {
    unlisten?.()
  }
}

async function attempt(sink: Sink, part: Delivery, signal: AbortSignal): Promise<Ended> {
  try {
    await sink.write(part, signal)
    return { error: undefined }
  } catch (error) {
    // A sink may throw anything, also nothing.
    return { error: error ?? new AppError('SINK_UNWRITABLE', 'The sink failed without an error') }
  }
}
