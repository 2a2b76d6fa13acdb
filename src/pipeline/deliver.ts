import type { ComponentId } from '../core/indicator.ts'
import type { Delivery } from '../core/ports.ts'
import { createOptionalSink, type OptionalSink } from './optional-sink.ts'
import type { DeliverParts, Outlet } from './outlet.ts'
import { createRequiredSink } from './required-sink.ts'

/** Hands what was found to every sink. */
export interface Deliver {
  /**
   * Resolves to true when all sinks that are required have accepted, to false when the signal aborted before. The others are
   * given it, and not waited for. Rejects when a sink that is required can never work again. Each sink gets its deliveries in
   * the order of the calls.
   */
  readonly deliver: (delivery: Delivery, signal: AbortSignal) => Promise<boolean>
  /** The sinks that are required and have not accepted all they were given. */
  readonly waiting: () => readonly ComponentId[]
  /** Those that are not required: to be drained after the last delivery. */
  readonly optional: readonly OptionalSink[]
}

export function createDeliver(outlets: readonly Outlet[], parts: DeliverParts): Deliver {
  const required = outlets
    .filter(({ buffer }) => buffer === undefined)
    .map(({ sink }) => ({ id: sink.id, ...createRequiredSink(sink, parts) }))
  const optional = outlets.flatMap(({ sink, buffer }): readonly OptionalSink[] =>
    buffer === undefined ? [] : [createOptionalSink(sink, buffer, parts)],
  )
  return {
    deliver: async (delivery, signal) => {
      for (const sink of optional) sink.offer(delivery)
      const accepted = await Promise.all(required.map((sink) => sink.deliver(delivery, signal)))
      return accepted.every(Boolean)
    },
    waiting: () => required.filter((sink) => sink.isWaiting()).map(({ id }) => id),
    optional,
  }
}
