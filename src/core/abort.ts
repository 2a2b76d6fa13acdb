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

export interface Joined {
  readonly signal: AbortSignal
  /** From now on the signal follows neither, and nothing of it is left on them. */
  readonly release: () => void
}

/**
 * A signal that aborts with the first of the two. Unlike `AbortSignal.any`: what that leaves on a signal that lives long stays there
 * for ever (Node 20).
 */
export function joined(one: AbortSignal, other: AbortSignal): Joined {
  const following = new AbortController()
  const both = [one, other]
  const unlisten = both.map((signal) => onAbort(signal, () => following.abort(signal.reason)))
  const first = both.find(({ aborted: isOver }) => isOver)
  if (first !== undefined) following.abort(first.reason)
  return { signal: following.signal, release: () => unlisten.forEach((each) => each()) }
}

/** Does the work with a signal that aborts with the first of the two, for as long as the work takes. */
export async function withEither<Result>(
  one: AbortSignal,
  other: AbortSignal,
  work: (either: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { signal, release } = joined(one, other)
  try {
    return await work(signal)
  } finally {
    release()
  }
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
