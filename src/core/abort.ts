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
