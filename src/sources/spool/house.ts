import type { Clock } from '../../core/clock.ts'
import type { SpoolEvents } from '../../telemetry/events/spool.ts'
import type { SpoolFolders } from './folders.ts'
import { MAX_HELD, type HeldFiles } from './held.ts'
import { removeLeftovers } from './leftovers.ts'
import { listFirst } from './list.ts'
import type { PassedOver } from './passed-over.ts'
import type { Served } from './served.ts'

/** How often files that could not be removed, or not be read, are tried again, and the backlog is counted. */
const HOUSEKEEPING_MS = 10_000

export interface House {
  readonly folders: SpoolFolders
  readonly clock: Clock
  readonly events: SpoolEvents
  readonly held: HeldFiles
  readonly passedOver: PassedOver
  readonly served: Served
}

/** What has to be done in a spool whether alerts come or not, until abort. Never rejects. */
export async function keepHouse(house: House, signal: AbortSignal): Promise<void> {
  const { folders, clock, events, held, passedOver, served } = house
  while (!signal.aborted) {
    await removeLeftovers(folders.tmp, clock, events)
    await clock.sleep(HOUSEKEEPING_MS, signal)
    await held.flush()
    // Forgotten they would be read again, and again: their alerts are delivered.
    if (held.unremovable() >= MAX_HELD) events.stopped(held.unremovable())
    passedOver.retry()
    const found = await listFirst(folders.fresh, 1, () => true).catch(() => undefined)
    if (found === undefined) continue
    events.waiting(found.total)
    await served.renew(found.total)
  }
}
