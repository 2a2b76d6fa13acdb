import { setMaxListeners } from 'node:events'

/**
 * Calls `listener` once when the signal is aborted; returns what takes it back. A signal that is aborted already calls nothing. One
 * signal may have any number of listeners: Node (20) warns from the eleventh on, and takes it for a leak, unless it is told.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  setMaxListeners(0, signal)
  signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}

/** The work's result, or at abort a rejection with the signal's reason. `late` takes a result that comes after that. */
export async function untilAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal,
  late: (result: Result) => void,
): Promise<Result> {
  const ended = new AbortController()
  try {
    const first = await Promise.race([work.then((result) => ({ result })), either(signal, ended.signal)])
    if (first !== undefined) return first.result
  } finally {
    ended.abort()
  }
  void work.then(late, () => undefined)
  signal.throwIfAborted()
  throw new Error('Aborted')
}

/** Resolves when one of them aborts, and leaves nothing on the other. */
function either(outer: AbortSignal, inner: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const unlisten = onAbort(outer, () => resolve(undefined))
    onAbort(inner, () => {
      unlisten()
      resolve(undefined)
    })
    if (outer.aborted) resolve(undefined)
  })
}

/** Resolves at abort. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else onAbort(signal, resolve)
  })
}
