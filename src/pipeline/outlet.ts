import type { Clock } from '../core/clock.ts'
import type { DeadLetters } from '../core/dead-letter.ts'
import type { Delivery, Sink } from '../core/ports.ts'
import type { DeliveryEvents } from '../telemetry/events/delivery.ts'

/** A sink, and what the pipeline owes it. */
export interface Outlet {
  readonly sink: Sink
  /** Absent: it is required. */
  readonly buffer?: Buffering
}

/** Bounds of what waits in memory for a sink that is not required. */
export interface Buffering {
  readonly maxDeliveries: number
  readonly maxBytes: number
  /** How long one write may take before its signal is aborted. */
  readonly timeoutMs: number
  /** Whether matches that are dropped become dead letters. */
  readonly keepsDropped: boolean
}

export interface DeliverParts {
  readonly clock: Clock
  readonly events: DeliveryEvents
  /** Takes the matches that a sink which is not required did not get; absent where nothing is kept. */
  readonly deadLetters?: Pick<DeadLetters, 'offer'>
}

/** What of a delivery concerns a sink; undefined when nothing does. */
export function partFor({ takes }: Pick<Sink, 'takes'>, delivery: Delivery): Delivery | undefined {
  const parsed = takes === 'matches' ? [] : delivery.parsed
  const matches = takes === 'parsed' ? [] : delivery.matches
  if (parsed.length === 0 && matches.length === 0) return undefined
  return parsed === delivery.parsed && matches === delivery.matches ? delivery : { parsed, matches }
}
