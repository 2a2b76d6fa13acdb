import type { ComponentId } from '../../../core/indicator.ts'
import type { Sighting, Store } from '../../../core/ports.ts'
import { sightingEvents } from '../../../telemetry/events/sightings.ts'
import type { Telemetry } from '../../../telemetry/telemetry.ts'
import { startSending } from '../../sightings/sending.ts'
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
  const sending = startSending({
    clock,
    everyMs: config.sightings.flushEvery,
    maxBackOffMs: config.breakerMaxTimeout,
    restore: () => queue.restore(),
    flush,
    postponed: (error, waitMs) => events.postponed(error, queue.waiting().length, waitMs),
  })
  return {
    report: (sightings) => {
      const entries = sightings.flatMap((sighting) => sightingEntry(sighting, id, config.sightings) ?? [])
      const nameless = sightings.length - entries.length
      if (nameless > 0) events.refused(nameless, 'The indicator does not say which event it belongs to')
      return queue.add(entries)
    },
    close: () => sending.close(),
  }
}
