import type { Clock } from '../core/clock.ts'
import type { ComponentId } from '../core/indicator.ts'
import type { Match } from '../core/match.ts'
import type { IntelProvider, Sighting, Sink } from '../core/ports.ts'

/**
 * Tells the providers which of their indicators were seen; resolves when each has that in its durable queue. Undefined
 * when no provider takes sightings. Only true matches, and only the indicators in them that count.
 */
export function createSightingSink(providers: readonly IntelProvider[], clock: Clock): Sink | undefined {
  const takers = providers.filter((provider) => provider.report !== undefined)
  if (takers.length === 0) return undefined
  return {
    id: 'sightings',
    write: async ({ matches }) => {
      const seen = matches.filter(({ suppressedBy }) => suppressedBy.length === 0)
      await Promise.all(
        takers.map(async (provider) => {
          const sightings = seen.flatMap((match) => sightingsOf(match, provider.id, clock))
          if (sightings.length > 0) await provider.report?.(sightings)
        }),
      )
    },
    // The providers send what is left when they are closed.
    close: () => Promise.resolve(),
  }
}

function sightingsOf(match: Match, provider: ComponentId, clock: Clock): readonly Sighting[] {
  const { alert } = match
  // An alert without a time, or with one to come, was seen when it was worked on.
  const read = Math.min(match.delayedSince ?? match.matchedAt, clock.now())
  const seenAt = alert.time > 0 ? Math.min(alert.time, read) : read
  return match.indicators
    .filter(
      // What is only related to an indicator is no sighting of it.
      ({ indicator, kind, heldBy }) =>
        indicator.provider === provider && heldBy === undefined && kind !== 'related',
    )
    .map(({ indicator: { ref, event, value } }) => ({
      ref,
      ...(event === undefined ? {} : { event }),
      value,
      agent: alert.agent,
      manager: alert.manager,
      seenAt,
      alert: alert.digest.toString(16),
      times: 1 + match.repeats,
    }))
}
