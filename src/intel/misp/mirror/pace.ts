import { AppError } from '../../../core/errors.ts'

/** How much is asked for at once, and what to do when that fails. */
export interface Pace {
  /** Events in the next question. */
  readonly events: number
  /** Rows of one answer. */
  readonly limit: number
  /** The first page was full, at `rows`, and did not hold all of so many events. */
  overflowed(page: { readonly events: number; readonly rows: number }): void
  succeeded(answer: { readonly events: number; readonly rows: number }): void
  /** `isToBlame` is called when nothing smaller can be asked for: whether it is this event and not the server. */
  failed(error: AppError, isToBlame?: () => boolean): PaceVerdict
}

/** `skip`: this one event cannot be had. `give-up`: the server cannot be asked now. */
export type PaceVerdict =
  | { readonly kind: 'retry'; readonly waitMs: number }
  | { readonly kind: 'skip' }
  | { readonly kind: 'give-up' }

/** From 200 ids on the database of MISP reads its whole table (recorded for values, the same optimizer). */
const MAX_EVENTS = 190
/** Nothing is known of their sizes then. */
const FIRST_EVENTS = 10
const MIN_LIMIT = 100
/** A question is smaller by this after a failure, larger by at most this after a success. */
const STEP = 4
/** An answer is to fill so much of a page: a second page costs the server a second search. */
const FILL = 0.7
/** How fast the average of rows in an event follows. */
const WEIGHT = 0.3

const FIRST_WAIT_MS = 1000
const MAX_WAIT_MS = 15_000
/** MISP counts searches in windows of 15 minutes. */
const MAX_THROTTLE_MS = 15 * 60_000
const DEFAULT_THROTTLE_MS = 60_000
const MAX_THROTTLED = 20
/** Failures in a row of a server that does not answer at all. */
const MAX_UNREACHED = 4
/** Events skipped in a row: then it is not the events. */
const MAX_SKIPPED = 3

export function createPace(pageSize: number): Pace {
  const sizes = createSizes(pageSize)
  let failures = 0
  let throttled = 0
  let skipped = 0

  function countAnew(): void {
    failures = 0
    throttled = 0
    skipped = 0
  }

  /** The next round goes on from the sizes that were reached. */
  function giveUp(): PaceVerdict {
    countAnew()
    return { kind: 'give-up' }
  }

  function failedAnswer(code: AppError['code'], isToBlame: () => boolean): PaceVerdict {
    failures += 1
    const waitMs = Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), MAX_WAIT_MS)
    const isSmaller = sizes.reduce()
    if (code === 'PROVIDER_UNREACHABLE' && failures >= MAX_UNREACHED) return giveUp()
    if (isSmaller) return { kind: 'retry', waitMs }
    if (!isToBlame()) skipped += 1
    if (skipped >= MAX_SKIPPED) return giveUp()
    failures = 0
    return { kind: 'skip' }
  }

  return {
    get events() {
      return sizes.events
    },
    get limit() {
      return sizes.limit
    },
    overflowed: sizes.overflowed,
    succeeded: (answer) => {
      countAnew()
      sizes.succeeded(answer)
    },
    failed: (error, isToBlame = () => false) => {
      if (error.retryability === 'permanent') return giveUp()
      if (error.retryability === 'transient') return failedAnswer(error.code, isToBlame)
      throttled += 1
      if (throttled > MAX_THROTTLED) return giveUp()
      const waitMs = error.retryAfterMs ?? DEFAULT_THROTTLE_MS
      return { kind: 'retry', waitMs: Math.min(waitMs, MAX_THROTTLE_MS) }
    },
  }
}

interface Sizes extends Pick<Pace, 'events' | 'limit'> {
  readonly overflowed: Pace['overflowed']
  readonly succeeded: Pace['succeeded']
  /** False when they are at their least. */
  reduce(): boolean
}

function createSizes(pageSize: number): Sizes {
  let events = FIRST_EVENTS
  let limit = pageSize
  /** A server may cap its pages below what it is asked for (`restsearch_limit_result`, newer 2.5). */
  let cap = pageSize
  let rowsPerEvent: number | undefined
  return {
    get events() {
      return events
    },
    get limit() {
      return limit
    },
    overflowed: (page) => {
      if (page.rows > 0 && page.rows < limit) cap = page.rows
      events = Math.max(1, Math.floor(page.events / 2))
      rowsPerEvent = Math.max(rowsPerEvent ?? 0, page.rows / page.events)
    },
    succeeded: (answer) => {
      const rows = answer.rows / answer.events
      rowsPerEvent = rowsPerEvent === undefined ? rows : rowsPerEvent + WEIGHT * (rows - rowsPerEvent)
      limit = Math.min(pageSize, limit * STEP)
      const fitting = Math.floor((Math.min(limit, cap) * FILL) / Math.max(rowsPerEvent, 1))
      events = Math.max(1, Math.min(fitting, events * STEP, MAX_EVENTS))
    },
    reduce: () => {
      if (events > 1) events = Math.max(1, Math.floor(events / STEP))
      else if (limit > MIN_LIMIT) limit = Math.max(MIN_LIMIT, Math.floor(limit / STEP))
      else return false
      return true
    },
  }
}
