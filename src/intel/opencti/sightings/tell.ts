import { AppError } from '../../../core/errors.ts'
import type { NewSighting, OpenCtiClient, OpenCtiSighting, SightingEnds, SightingPeriod } from '../api.ts'
import { faultCode } from '../client/faults.ts'
import type { SightingBook } from './book.ts'
import type { Place } from './place.ts'
import type { Sighters } from './sighters.ts'
import {
  arrived,
  begun,
  forgotten,
  includes,
  isInDoubt,
  isWaiting,
  sameAs,
  total,
  withdrawn,
} from './tally.ts'

export interface TellOptions {
  readonly book: SightingBook
  readonly sighters: Sighters
  readonly client: Pick<OpenCtiClient, 'addSighting' | 'sightings' | 'patchSighting'>
  /** Of new sightings. */
  readonly confidence: number | undefined
}

/** Tells the server of one tally what it does not hold yet. Rejects as the client does: the tally then waits on. */
export type Tell = (key: string, signal: AbortSignal) => Promise<void>

/** Of a patch: the sighting may be gone, or something else may be wrong with it (`src/database/middleware.js`). */
const MAYBE_GONE: ReadonlySet<string | undefined> = new Set([
  'RESOURCE_NOT_FOUND',
  'MISSING_REFERENCE_ERROR',
  'FUNCTIONAL_ERROR',
])
/**
 * A sighting is added once; later its count and times are set to what they are by then, so that a repetition changes
 * nothing. Only an addition could count twice: it is marked in the store before, and when its answer was lost the server is
 * asked what it holds.
 */
export function createTell(options: TellOptions): Tell {
  const { book, sighters, client, confidence } = options

  async function add(key: string, place: Place, sighting: NewSighting, signal: AbortSignal): Promise<void> {
    try {
      const told = await addOnce(options, place, sighting, signal)
      await book.change(key, (tally) => arrived(tally, told))
    } catch (error) {
      if (isNotDone(error)) await book.change(key, withdrawn)
      throw error
    }
  }

  return async (key, signal) => {
    const before = book.get(key)
    if (before === undefined || !isWaiting(before)) return
    const ends = { from: before.ref, to: await sighters.idOf(before.place, signal) }
    const tally = await book.change(key, begun)
    if (tally?.sending === undefined) return
    const { sending } = tally
    const inDoubt = isInDoubt(before)
    const told = inDoubt ? sameAs(sending, await client.sightings(ends, signal)) : tally.told
    if (told !== undefined) {
      const isThere = inDoubt && includes(told, sending)
      const holds = isThere ? told : await patch(client, { told, sending, ends }, signal)
      await book.change(key, (now) => (holds === undefined ? forgotten(now) : arrived(now, holds)))
      if (holds !== undefined) return
    }
    const sighting = { ...ends, period: sending, ...(confidence === undefined ? {} : { confidence }) }
    await add(key, before.place, sighting, signal)
  }
}

interface Addition {
  readonly told: OpenCtiSighting
  readonly sending: SightingPeriod
  readonly ends: SightingEnds
}

/** What the server holds afterwards; undefined when its sighting is gone. */
async function patch(
  client: TellOptions['client'],
  { told, sending, ends }: Addition,
  signal: AbortSignal,
): Promise<OpenCtiSighting | undefined> {
  const { id, first, last, count } = total(told, sending)
  const change = { id, last, count, ...(first < told.first ? { first } : {}) }
  try {
    return (await client.patchSighting(change, signal)) ? { id, first, last, count } : undefined
  } catch (error) {
    const code = faultCode(error)
    if (code === 'ALREADY_DELETED_ERROR') return undefined
    const isUnfit = error instanceof AppError && error.code === 'PROVIDER_UNSUPPORTED'
    if (!isUnfit || !MAYBE_GONE.has(code)) throw error
    const known = await client.sightings(ends, signal)
    if (known.some((sighting) => sighting.id === id)) throw error
    return undefined
  }
}

/** When the one who has seen it was deleted, it is made anew. */
async function addOnce(
  { client, sighters }: TellOptions,
  place: Place,
  sighting: NewSighting,
  signal: AbortSignal,
): Promise<OpenCtiSighting> {
  try {
    return await client.addSighting(sighting, signal)
  } catch (error) {
    if (faultCode(error) !== 'MISSING_REFERENCE_ERROR') throw error
    const to = await sighters.renew(place, signal)
    if (to === sighting.to) throw error
    return await client.addSighting({ ...sighting, to }, signal)
  }
}

/** Whether OpenCTI itself refused it, or it surely did not get there. */
function isNotDone(error: unknown): boolean {
  if (!(error instanceof AppError)) return false
  if (error.code === 'PROVIDER_THROTTLED' || error.code === 'PROVIDER_UNTRUSTED') return true
  return faultCode(error) !== undefined && ['PROVIDER_REFUSED', 'PROVIDER_UNSUPPORTED'].includes(error.code)
}
