import type { Clock } from '../../../core/clock.ts'
import { AppError } from '../../../core/errors.ts'
import type { SightingEvents } from '../../../telemetry/events/sightings.ts'
import { createPace } from '../../sightings/pace.ts'
import { createStrikes } from '../../sightings/strikes.ts'
import type { OpenCtiClient } from '../api.ts'
import { faultCode } from '../client/faults.ts'
import type { OpenCtiConfig } from '../config.ts'
import type { SightingBook } from './book.ts'
import { createGate, isNotAllowed, type Gate } from './gate.ts'
import { inParallel } from './parallel.ts'
import type { Tell } from './tell.ts'

export interface FlushOptions {
  readonly config: Pick<OpenCtiConfig, 'connections' | 'rateLimit'>
  readonly client: Pick<OpenCtiClient, 'requireVersion'>
  readonly book: SightingBook
  readonly tell: Tell
  readonly clock: Clock
  readonly events: SightingEvents
}

/** Tells what is due; with `last` all there is. Rejects when the server failed: what was not told still waits. */
export type Flush = (signal: AbortSignal, last: boolean) => Promise<void>

/** Writes lock what they are about; more at once only wait for each other (`LOCK_ERROR`). */
const MAX_AT_ONCE = 2
/** So many in a row that are refused, each for itself, are put down to the server: the rest waits. */
const MAX_REFUSED = 5

export function createFlush(options: FlushOptions): Flush {
  const { config, client, book, clock, events } = options
  const gate = createGate(clock, events)
  const attempt = createAttempt(options, gate)
  // Look-ups come first: one connection is left to them.
  const width = Math.max(1, Math.min(MAX_AT_ONCE, config.connections - 1))

  async function round(keys: readonly string[], signal: AbortSignal): Promise<void> {
    let refused: readonly AppError[] = []
    await inParallel(keys, width, async (key) => {
      const outcome = await attempt(key, signal)
      refused = outcome === 'settled' ? [] : [...refused, outcome]
      if (refused.length >= MAX_REFUSED) throw outcome
    })
    if (refused[0] !== undefined && refused.length === keys.length) throw refused[0]
  }

  return async (signal, last) => {
    if (!gate.isOpen()) return
    await book.tidy()
    const keys = book.due(last)
    if (keys.length === 0) return
    try {
      await client.requireVersion(signal)
      await round(keys, signal)
    } catch (error) {
      if (error instanceof Closed) return
      if (!isNotAllowed(error)) throw error
      gate.refused(error)
    }
  }
}

/** An error: OpenCTI refuses this one, which is tried again. Rejects when others would fail as well. */
type Attempt = (key: string, signal: AbortSignal) => Promise<'settled' | AppError>

function createAttempt({ config, book, tell, clock, events }: FlushOptions, gate: Gate): Attempt {
  const strikes = createStrikes()
  const pace = createPace(config.rateLimit, clock)

  async function giveUp(key: string, { message }: AppError): Promise<'settled'> {
    await book.drop(key)
    events.refused(1, message)
    return 'settled'
  }

  async function afterFailure(key: string, error: AppError): Promise<'settled' | AppError> {
    if (isGone(error)) {
      strikes.success(key)
      return giveUp(key, error)
    }
    book.putBack(key)
    if (isNotAllowed(error) && gate.refused(error) === 'all') throw new Closed()
    if (strikes.failure(key)) return giveUp(key, error)
    if (!isOfOne(error)) throw error
    return error
  }

  return async (key, signal) => {
    await pace(signal)
    signal.throwIfAborted()
    try {
      await tell(key, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof AppError)) throw error
      return afterFailure(key, error)
    }
    gate.worked()
    strikes.success(key)
    events.sent(1)
    return 'settled'
  }
}

/** Nothing can be told for some time: the round ends. */
class Closed extends Error {}

/** The indicator is gone, or may not be seen any more. */
function isGone(error: AppError): boolean {
  const code = faultCode(error)
  return code === 'MISSING_REFERENCE_ERROR' || code === 'RESOURCE_NOT_FOUND'
}

/** OpenCTI itself refuses what it was asked for, which says nothing about the others. */
function isOfOne(error: AppError): boolean {
  return faultCode(error) !== undefined && ['PROVIDER_UNSUPPORTED', 'PROVIDER_REFUSED'].includes(error.code)
}
