import type { Lookup, LookupLayer } from '../../core/ports.ts'

/**
 * Puts layers around a look-up, the outermost first:
 *
 *     compose(ask, measure, cache, coalesce, batch, breaker, retry, rateLimit, size, timeout)
 *
 * An open breaker costs no token of the rate limit, each retry costs one, and the time-out is that of one try.
 */
export function compose(ask: Lookup, ...layers: readonly LookupLayer[]): Lookup {
  return layers.reduceRight((next, layer) => layer(next), ask)
}
