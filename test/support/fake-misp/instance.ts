import type { Database } from './store/database.ts'
import { createDatabase } from './store/database.ts'
import type { Sightings } from './store/sightings.ts'
import { createSightings } from './store/sightings.ts'
import type { WarningLists } from './store/warning-lists.ts'
import { createWarningLists } from './store/warning-lists.ts'
import type { RateWindows } from './http/rate-limit.ts'
import { createRateWindows } from './http/rate-limit.ts'

/** Everything the fake server knows; one per server. */
export interface Instance {
  readonly database: Database
  readonly sightings: Sightings
  readonly warningLists: WarningLists
  readonly rateWindows: RateWindows
  readonly version: string
  /** Rows a search gives at most; a fault may set it for a request. */
  pageCap: number | undefined
  /** Unix seconds. */
  now(): number
}

export function createInstance(version: string, now: () => number): Instance {
  return {
    database: createDatabase(),
    sightings: createSightings(),
    warningLists: createWarningLists(),
    rateWindows: createRateWindows(),
    version,
    pageCap: undefined,
    now,
  }
}
