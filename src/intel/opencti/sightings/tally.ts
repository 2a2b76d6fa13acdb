import type { EpochMs } from '../../../core/alert.ts'
import type { Sighting } from '../../../core/ports.ts'
import type { OpenCtiSighting, SightingPeriod } from '../api.ts'
import type { Place } from './place.ts'

/** What is known of one indicator at one place: what the server was told, and what it is still to be told. */
export interface Tally {
  readonly key: string
  /** The indicator. */
  readonly ref: string
  readonly place: Place
  /** What the server holds; absent while it holds nothing, or that is not known. */
  readonly told?: OpenCtiSighting
  /** Being told: it stays the same until it is known to have arrived, so that telling it again adds nothing. */
  readonly sending?: SightingPeriod
  /** Seen since. */
  readonly fresh?: SightingPeriod
  /** When `fresh` has been collected for the window. */
  readonly dueAt: EpochMs
  /** The latest alerts that were counted, as digests: deliveries may be repeated. */
  readonly alerts: readonly string[]
}

/** A repeated delivery is at most a few batches old, and of each alert there is one sighting of an indicator. */
export const MAX_ALERTS = 200
/** Of all tallies together, which are held in memory: some 50 bytes each. */
const MAX_ALERTS_IN_ALL = 500_000

const DAY_MS = 86_400_000
/** OpenCTI adds to a sighting whose times both lie within ±30 days (`relations_deduplication`, 6.7.11 to 7.26). */
const SAME_MS = 30 * DAY_MS
/** Past this, a new one is not taken for the old one. */
export const RENEW_MS = SAME_MS + 3_600_000

/** How many alerts each of so many tallies remembers. */
export function alertsEach(tallies: number): number {
  return Math.max(1, Math.min(MAX_ALERTS, Math.floor(MAX_ALERTS_IN_ALL / Math.max(1, tallies))))
}

/** With the latest alerts only. */
export function shortened(tally: Tally, maxAlerts: number): Tally {
  return tally.alerts.length <= maxAlerts ? tally : { ...tally, alerts: tally.alerts.slice(-maxAlerts) }
}

/** The tally with one sighting more, or as it was when the alert was counted before. */
export function counted(
  tally: Tally,
  { alert, seenAt, times }: Sighting,
  { dueAt, maxAlerts }: { readonly dueAt: EpochMs; readonly maxAlerts: number },
): Tally {
  if (tally.alerts.includes(alert)) return tally
  return {
    ...tally,
    dueAt: tally.fresh === undefined ? dueAt : tally.dueAt,
    fresh: joined(tally.fresh, { first: seenAt, last: seenAt, count: times }),
    alerts: [...tally.alerts, alert].slice(-maxAlerts),
  }
}

export function isWaiting({ sending, fresh }: Tally): boolean {
  return sending !== undefined || fresh !== undefined
}

/** Whether it was added by an attempt whose answer is not known. */
export function isInDoubt({ sending, told }: Tally): boolean {
  return sending !== undefined && told === undefined
}

/** A window that seems longer than it can be was set before the clock was put back. */
export function isDue(tally: Tally, now: EpochMs, windowMs: number): boolean {
  if (tally.sending !== undefined) return true
  return tally.fresh !== undefined && (now >= tally.dueAt || tally.dueAt - now > windowMs)
}

/** What is told next. A sighting that is too old to be added to is forgotten: another one begins. */
export function begun(tally: Tally): Tally {
  const { sending, fresh, told, ...rest } = tally
  if (sending !== undefined || fresh === undefined) return tally
  const isSame = told !== undefined && fresh.first - told.first <= RENEW_MS
  return { ...rest, sending: fresh, ...(isSame ? { told } : {}) }
}

/** The server holds this, which includes what was being sent. */
export function arrived({ sending: _sent, ...tally }: Tally, told: OpenCtiSighting): Tally {
  return { ...tally, told }
}

/** What was being sent has surely not arrived: it is told together with what was seen since. */
export function withdrawn({ sending, ...tally }: Tally): Tally {
  if (sending === undefined) return tally
  return { ...tally, fresh: joined(tally.fresh, sending), dueAt: 0 }
}

/** The server's sighting is gone: what it was told is not told again, the rest begins a new one. */
export function forgotten({ told: _gone, ...tally }: Tally): Tally {
  return tally
}

/** What the server is to hold when what is being sent has been added. */
export function total(told: OpenCtiSighting, sending: SightingPeriod): OpenCtiSighting {
  // One seen long before does not stretch it: the sighting would cover more than OpenCTI takes for the same.
  const isNear = told.last - sending.first <= SAME_MS
  return {
    id: told.id,
    first: isNear ? Math.min(told.first, sending.first) : told.first,
    last: Math.max(told.last, sending.last),
    count: told.count + sending.count,
  }
}

/** The one of the server's sightings that it would add this one to. */
export function sameAs(
  sending: SightingPeriod,
  known: readonly OpenCtiSighting[],
): OpenCtiSighting | undefined {
  return known
    .filter(
      ({ first, last }) =>
        Math.abs(first - sending.first) <= SAME_MS && Math.abs(last - sending.last) <= SAME_MS,
    )
    .toSorted((a, b) => b.last - a.last)[0]
}

/** Whether a sighting that was found includes the one whose answer was lost. */
export function includes(found: OpenCtiSighting, sending: SightingPeriod): boolean {
  return found.first <= sending.first && found.last >= sending.last && found.count >= sending.count
}

function joined(period: SightingPeriod | undefined, other: SightingPeriod): SightingPeriod {
  if (period === undefined) return other
  return {
    first: Math.min(period.first, other.first),
    last: Math.max(period.last, other.last),
    count: period.count + other.count,
  }
}
