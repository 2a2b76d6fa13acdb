import { getEventListeners } from 'node:events'

/** How much hangs on a signal: listeners, and what `AbortSignal.any` of Node leaves behind, which no call tells. */
export function hangingOn(signal: AbortSignal): number {
  const own = Object.getOwnPropertySymbols(signal).find(
    ({ description }) => description === 'kDependantSignals',
  )
  // Node's own kind of Set, of which `instanceof` knows nothing.
  const left = own === undefined ? undefined : (signal as unknown as Record<symbol, { size: number }>)[own]
  return getEventListeners(signal, 'abort').length + (left?.size ?? 0)
}
