import type { ComponentId } from '../../../core/indicator.ts'
import { toAppError } from '../../../core/errors.ts'
import type { Sighting, Store } from '../../../core/ports.ts'
import { sightingEvents } from '../../../telemetry/events/sightings.ts'
import type { Telemetry } from '../../../telemetry/telemetry.ts'
import type { MispClient } from '../api.ts'
import type { MispConfig } from '../config.ts'
import { sightingEntry } from './entry.ts'
import { createSightingQueue } from './queue.ts'
import { createRecords } from './records.ts'
import { createFlush } from './send.ts'

export interface MispSightingsOptions {
  readonly id: ComponentId
  readonly config: MispConfig
  readonly client: MispClient
  readonly store: Store
  readonly telemetry: Telemetry
}

export interface MispSightings {
  /** Resolves when they are durable in the queue. Never rejects: while the store fails they wait in memory. */
  report(sightings: readonly Sighting[]): Promise<void>
  /** Sends what it can in a few seconds; the rest stays in the store. The client may be closed after it. */
  close(): Promise<void>
}

/** How long `close` waits for the server. */
const CLOSE_MS = 3000

/**
 * Tells MISP which attributes were seen: once for each attribute, agent and interval. They lie in a durable queue and
 * are sent in bulks, under UUIDs that follow from what was seen, so that a repeat changes nothing at the server.
 */
export function createMispSightings(options: MispSightingsOptions): MispSightings {
  const { id, config, client, store, telemetry } = options
  const { clock } = telemetry
  const events = sightingEvents(telemetry, id)
  const records = createRecords({ id, config: config.sightings, store, clock })
  const queue = createSightingQueue(records, config.sightings.maxQueued, events)
  const flush = createFlush({ config, client, queue, clock, events })
  const closing = new AbortController()
  const hard = new AbortController()

  async function run(): Promise<void> {
    let restored = false
    let failures = 0
    // A server that failed just now is not asked once more on the way out.
    for (let last = false; !(last && failures > 0); last = closing.signal.aborted) {
      let waitMs = config.sightings.flushEvery
      try {
        if (!restored) await queue.restore()
        restored = true
        await flush(hard.signal)
        failures = 0
      } catch (error) {
        if (hard.signal.aborted) return
        failures += 1
        const known = toAppError(error)
        waitMs = backOff(config, failures, known.retryAfterMs)
        events.postponed(known, queue.waiting().length, waitMs)
      }
      if (last) return
      await clock.sleep(waitMs, closing.signal)
    }
  }

  const ended = run()
  return {
    report: (sightings) => {
      const entries = sightings.flatMap((sighting) => sightingEntry(sighting, id, config.sightings) ?? [])
      const nameless = sightings.length - entries.length
      if (nameless > 0) events.refused(nameless, 'The indicator does not say which event it belongs to')
      return queue.add(entries)
    },
    close: async () => {
      closing.abort()
      const over = new AbortController()
      await Promise.race([ended, clock.sleep(CLOSE_MS, over.signal)])
      over.abort()
      hard.abort()
      await ended
    },
  }
}

/** Doubles with each failure up to the cap of the breaker; half of it is left to chance, so that clients do not come together. */
function backOff(config: MispConfig, failures: number, retryAfterMs = 0): number {
  const doubled = config.sightings.flushEvery * 2 ** Math.min(failures, 20)
  const capped = Math.min(doubled, Math.max(config.breakerMaxTimeout, config.sightings.flushEvery))
  return Math.round(Math.max(capped * (0.5 + Math.random() / 2), Math.min(retryAfterMs, MAX_RETRY_AFTER_MS)))
}

/** MISP counts requests in windows of 15 minutes; what asks for more is not believed. */
const MAX_RETRY_AFTER_MS = 3_600_000
