import type { Delivery } from '../core/ports.ts'
import { createTurns } from '../core/turns.ts'
import type { PipelineEvents } from '../telemetry/events/pipeline.ts'
import type { Deliver } from './deliver.ts'
import type { MatchSuppression } from './suppress.ts'

/**
 * Suppresses, delivers and confirms what was found; true when every sink has accepted it, false when `working` aborted
 * before. One delivery at a time over all callers: sinks are called by one caller, in the order of these calls.
 */
export type Finish = (found: Promise<Delivery>, working: AbortSignal) => Promise<boolean>

export interface FinishParts {
  readonly suppression: MatchSuppression
  readonly deliver: Deliver
  readonly events: PipelineEvents
}

/** A failing store makes repeats possible, never a loss. */
export function createFinish({ suppression, deliver, events }: FinishParts): Finish {
  const inTurn = createTurns()

  async function finish(found: Promise<Delivery>, working: AbortSignal): Promise<boolean> {
    const { parsed, matches: all } = await found
    const matches = await orElse(() => suppression.claim(all), all, events)
    events.matchesSuppressed(all.length - matches.length)
    if (!(await deliver({ parsed, matches }, working))) return false
    for (const match of matches) events.matchReported(match.kind)
    await orElse(() => suppression.confirm(matches), undefined, events)
    return true
  }

  return (found, working) => inTurn(() => finish(found, working))
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
