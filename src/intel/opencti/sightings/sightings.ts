import type { ComponentId } from '../../../core/indicator.ts'
import type { Sighting, Store } from '../../../core/ports.ts'
import { sightingEvents } from '../../../telemetry/events/sightings.ts'
import type { Telemetry } from '../../../telemetry/telemetry.ts'
import { startSending } from '../../sightings/sending.ts'
import { uuidV5 } from '../../../core/uuid.ts'
import { SIGHTING_NAMESPACE } from '../../sightings/namespace.ts'
import type { OpenCtiClient } from '../api.ts'
import type { OpenCtiConfig } from '../config.ts'
import { createSightingBook, type NamedSighting } from './book.ts'
import { createFlush } from './flush.ts'
import { placeKey, placeOf } from './place.ts'
import { createRecords } from './records.ts'
import { createSighters } from './sighters.ts'
import { createTell } from './tell.ts'

export type SightingClient = Pick<
  OpenCtiClient,
  | 'about'
  | 'requireVersion'
  | 'addSighting'
  | 'sightings'
  | 'patchSighting'
  | 'addSecurityPlatform'
  | 'addSystem'
>

export interface OpenCtiSightingsOptions {
  readonly id: ComponentId
  readonly config: OpenCtiConfig
  readonly client: SightingClient
  readonly store: Store
  readonly telemetry: Telemetry
}

export interface OpenCtiSightings {
  /** Resolves when they are counted in the store. Never rejects: while the store fails they wait in memory. */
  report(sightings: readonly Sighting[]): Promise<void>
  /** Tells what it can in a few seconds; the rest stays in the store. The client may be closed after it. */
  close(): Promise<void>
}

/** How often it is looked for windows that have ended. */
const LOOK_EVERY_MS = 10_000

/**
 * Tells OpenCTI which indicators were seen: one sighting for each indicator and place, whose count and times are brought up
 * to date after each window. What was counted and what the server was told lies in the store.
 */
export function createOpenCtiSightings(options: OpenCtiSightingsOptions): OpenCtiSightings {
  const { id, config, client, store, telemetry } = options
  const { window: windowMs, maxQueued, confidence } = config.sightings
  const { clock } = telemetry
  const events = sightingEvents(telemetry, id)
  const records = createRecords({ id, store, clock })
  const book = createSightingBook({ records, windowMs, maxQueued, clock, events })
  const sighters = createSighters({ id, client, store })
  const tell = createTell({ book, sighters, client, confidence })
  const sending = startSending({
    clock,
    everyMs: Math.min(LOOK_EVERY_MS, windowMs),
    maxBackOffMs: config.breakerMaxTimeout,
    restore: () => book.restore(),
    flush: createFlush({ config, client, book, tell, clock, events }),
    postponed: (error, waitMs) => events.postponed(error, book.waiting(), waitMs),
  })
  return {
    report: (sightings) => book.add(sightings.map((sighting) => named(sighting, id, config.sightings))),
    close: () => sending.close(),
  }
}

function named(sighting: Sighting, provider: ComponentId, config: OpenCtiConfig['sightings']): NamedSighting {
  const { ref, agent } = sighting
  const place = placeOf(agent, config)
  // As JSON, so that no two different ones spell the same name.
  const key = uuidV5(SIGHTING_NAMESPACE, JSON.stringify([provider, ref, placeKey(place)]))
  return { sighting, start: { key, ref, place, dueAt: 0, alerts: [] } }
}
