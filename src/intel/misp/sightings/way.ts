import type { Clock } from '../../../core/clock.ts'
import { AppError } from '../../../core/errors.ts'
import type { SightingEvents } from '../../../telemetry/events/sightings.ts'
import type { MispClient } from '../api.ts'

/** How sightings can be told to this server with this key. */
type Way =
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'bulk'
      readonly filters: boolean
      /** How many more refusals are taken to be about the one event. */
      readonly trust: number
    }
  | { readonly kind: 'value'; readonly until: number }
  | { readonly kind: 'none'; readonly until: number }

export interface SightingWay {
  /** Asks the server when it is not known. Rejects when the server cannot be asked now. */
  find(signal: AbortSignal): Promise<'bulk' | 'value' | 'none'>
  /** The server took some. */
  worked(): void
  /**
   * The server answered that this is not allowed, or not there. `gone`: only what this request was about. Rejects when
   * the server cannot be asked about it.
   */
  refused(error: AppError, signal: AbortSignal): Promise<'gone' | 'other way'>
}

/** How long it is left at that when something is not allowed: people change roles seldom. */
const RECHECK_MS = 3_600_000
/** So many «not there» in a row are put down to deleted events (404, or 405), more of them to a server without bulks. */
const TRUST = 3

export function createWay(client: MispClient, clock: Clock, events: SightingEvents): SightingWay {
  const teller = createTeller(events)
  let way: Way = { kind: 'unknown' }
  const until = (): number => clock.monotonic() + RECHECK_MS

  function none(error: AppError): Way {
    teller.impossible(error)
    return { kind: 'none', until: until() }
  }

  async function ask(trust: number, signal: AbortSignal): Promise<Way> {
    try {
      const { maySight, sightingFilters: filters } = await client.version(signal)
      return maySight ? { kind: 'bulk', filters, trust } : none(mayNot())
    } catch (error) {
      if (isNotAllowed(error)) return none(error)
      throw error
    }
  }

  async function afterRefusal(error: AppError, signal: AbortSignal): Promise<Way> {
    if (way.kind !== 'bulk') return none(error)
    // The key may have changed; when it has not, the refusal is about bulks (403), or about this event.
    const asked = await ask(error.code === 'PROVIDER_REFUSED' ? -1 : way.trust - 1, signal)
    if (asked.kind !== 'bulk' || asked.trust >= 0) return asked
    if (!asked.filters) return none(tooOld(error))
    teller.byValue(error)
    return { kind: 'value', until: until() }
  }

  return {
    find: async (signal) => {
      if ('until' in way && clock.monotonic() >= way.until) way = { kind: 'unknown' }
      if (way.kind === 'unknown') way = await ask(TRUST, signal)
      return way.kind === 'unknown' ? 'none' : way.kind
    },
    worked: () => {
      if (way.kind === 'bulk') way = { ...way, trust: TRUST }
      teller.worked(way.kind)
    },
    refused: async (error, signal) => {
      way = await afterRefusal(error, signal)
      return way.kind === 'bulk' ? 'gone' : 'other way'
    },
  }
}

interface Teller {
  impossible(error: AppError): void
  byValue(error: AppError): void
  worked(kind: Way['kind']): void
}

/** Tells each trouble when it begins, and when all is well again. */
function createTeller(events: SightingEvents): Teller {
  let told: string | undefined
  const once = (trouble: string, tell: () => void): void => {
    if (told === trouble) return
    told = trouble
    tell()
  }
  return {
    impossible: (error) => once(`${error.code} ${error.message}`, () => events.impossible(error, RECHECK_MS)),
    byValue: (error) => once('by value', () => events.byValue(error)),
    worked: (kind) => {
      if (told === undefined || (kind === 'value' && told === 'by value')) return
      told = kind === 'value' ? 'by value' : undefined
      events.possible()
    },
  }
}

/** Whether it is about rights or the server's version, so that trying again at once is in vain. */
export function isNotAllowed(error: unknown): error is AppError {
  return (
    error instanceof AppError && (error.code === 'PROVIDER_REFUSED' || error.code === 'PROVIDER_UNSUPPORTED')
  )
}

function mayNot(): AppError {
  return new AppError(
    'PROVIDER_REFUSED',
    'This key may not write sightings: the key or its role may only read',
    {
      hint: 'Use a key that is not read-only of a user whose role has "Sighting Creator", or set sightings.enabled: false.',
    },
  )
}

function tooOld(cause: AppError): AppError {
  return new AppError(
    'PROVIDER_UNSUPPORTED',
    'This MISP takes no sightings in bulk with this key, and its /sightings/add knows no filters',
    { cause, hint: 'Update the MISP, or set sightings.enabled: false.' },
  )
}
