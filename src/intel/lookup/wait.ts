import { onAbort } from '../../core/abort.ts'
import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'

/** What `work` gives, or the signal's reason as soon as that is aborted; `work` then goes on unheard. */
export function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const give = (): void => reject(reasonOf(signal))
    const unlisten = onAbort(signal, give)
    if (signal.aborted) give()
    work.then(resolve, reject).finally(unlisten)
  })
}

export interface TimeLimit {
  readonly ms: number
  readonly clock: Clock
}

/**
 * Does `work` with a signal that follows the one given and is aborted when the time is up; rejects with PROVIDER_UNREACHABLE
 * then, even when `work` does not listen.
 */
export async function withinTime<Value>(
  work: (signal: AbortSignal) => Promise<Value>,
  { ms, clock }: TimeLimit,
  outer?: AbortSignal,
): Promise<Value> {
  const inner = new AbortController()
  const over = new AbortController()
  const follow = (): void => inner.abort(outer?.reason)
  const unlisten = outer === undefined ? undefined : onAbort(outer, follow)
  if (outer?.aborted === true) follow()
  const expire = async (): Promise<void> => {
    await clock.sleep(ms, over.signal)
    if (!over.signal.aborted) inner.abort(tooLate(ms))
  }
  void expire()
  try {
    return await untilAborted(work(inner.signal), inner.signal)
  } finally {
    over.abort()
    unlisten?.()
  }
}

/** Whether a request was ended because it took too long, by us or by the HTTP client: then its size may be to blame. */
export function isTimeOut(error: unknown): boolean {
  return error instanceof AppError && error.cause instanceof Error && error.cause.name === 'TimeoutError'
}

function tooLate(ms: number): AppError {
  return new AppError('PROVIDER_UNREACHABLE', `The provider gave no answer within ${ms / 1000} s`, {
    cause: new DOMException('The time is up', 'TimeoutError'),
    hint: 'Look at the load of the server; the time-out and the batch size are settings of the provider.',
  })
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new DOMException('Aborted', 'AbortError')
}
