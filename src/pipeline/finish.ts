import type { Match } from '../core/match.ts'
import type { Delivery } from '../core/ports.ts'
import { createTurns } from '../core/turns.ts'
import type { PipelineEvents } from '../telemetry/events/pipeline.ts'
import type { Deliver } from './deliver.ts'
import type { MatchSuppression } from './suppress.ts'

/**
 * Suppresses, delivers and confirms what was found; true when every sink that is required has accepted it, false when `working`
 * aborted before. In the order of these calls up to the sinks, over all callers; the sinks do not wait for each other.
 */
export type Finish = (found: Promise<Delivery>, working: AbortSignal) => Promise<boolean>

export interface FinishParts {
  readonly suppression: MatchSuppression
  readonly deliver: Deliver['deliver']
  readonly events: PipelineEvents
}

/** A failing store makes repeats possible, never a loss. */
export function createFinish({ suppression, deliver, events }: FinishParts): Finish {
  const inTurn = createTurns()

  async function begin(found: Promise<Delivery>, working: AbortSignal): Promise<Begun> {
    const { parsed, matches: all } = await found
    const matches = await orElse(() => suppression.claim(all), all, events)
    events.matchesSuppressed(all.length - matches.length)
    return { matches, accepted: deliver({ parsed, matches }, working) }
  }

  return async (found, working) => {
    const { matches, accepted } = await inTurn(() => begin(found, working))
    if (!(await accepted)) return false
    for (const match of matches) events.matchReported(match.kind)
    await orElse(() => suppression.confirm(matches), undefined, events)
    return true
  }
}

/** The next one may begin: it waits for its turn at each sink. */
interface Begun {
  readonly matches: readonly Match[]
  readonly accepted: Promise<boolean>
}

async function orElse<Value>(
  work: () => Promise<Value>,
  fallback: Value,
  events: PipelineEvents,
): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    events.storeFailed(error)
    return fallback
  }
}
