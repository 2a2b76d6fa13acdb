import { randomUUID } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import type { ErrorCode } from '../../core/errors.ts'
import type { Peers } from '../../core/ports.ts'
import type { LookupEvents } from '../../telemetry/events/lookup.ts'
import { decodeHint, encodeHint } from './schema.ts'

export interface BreakerHintsOptions {
  readonly peers: Peers
  /** Of the provider, the same on every node. */
  readonly key: string
  readonly clock: Clock
  readonly events: LookupEvents
}

/** What nodes tell each other of a provider that cannot be asked. Nothing here rejects. */
export interface BreakerHints {
  /** Whether another node left a hint of a trouble that was not tried here yet. */
  warned(): Promise<boolean>
  /** The provider is left alone for so long. */
  leave(code: ErrorCode, forMs: number): void
  /** The provider answers. */
  clear(): void
}

/** A provider may be asked a hundred times a second: the store need not be. */
const LOOK_EVERY_MS = 1000
/** A hint outlives the trial behind the wait. */
const BEYOND_MS = 10_000

/**
 * A hint names one trouble, from the node that found it to those that confirm it. It is a reason for a trial and no more: who left
 * it may have lost its own way to the provider, or its key. A trouble that was tried is not tried again.
 */
export function createBreakerHints({ peers, key, clock, events }: BreakerHintsOptions): BreakerHints {
  let seen: string | undefined
  let mine: string | undefined
  let tried: string | undefined
  let lookAt = -Infinity
  let looking: Promise<void> | undefined
  /** What was left and cleared reaches the store in this order. */
  let told = Promise.resolve()

  async function look(): Promise<void> {
    lookAt = clock.monotonic() + LOOK_EVERY_MS
    const bytes = await peers.hint(key)
    const hint = bytes === undefined ? undefined : decodeHint(bytes)
    if (bytes !== undefined && hint === undefined) events.hintDamaged()
    if (hint !== undefined && hint.trouble !== seen && hint.trouble !== tried) events.hintSeen(hint.code)
    seen = hint?.trouble
    looking = undefined
  }

  return {
    warned: async () => {
      if (clock.monotonic() >= lookAt) looking ??= look()
      await looking
      return seen !== undefined && seen !== tried
    },
    leave: (code, forMs) => {
      if (mine === undefined && seen !== undefined && seen !== tried) {
        mine = seen
        events.hintConfirmed()
      }
      const trouble = (mine ??= randomUUID())
      events.hintLeft()
      told = told.then(() => peers.leaveHint(key, encodeHint({ trouble, code }), forMs + BEYOND_MS))
    },
    clear: () => {
      tried = mine ?? seen
      mine = undefined
      told = told.then(() => peers.clearHint(key))
    },
  }
}
