import { AppError } from '../../../../core/errors.ts'
import { clip } from '../../../../core/text.ts'
import { malformed } from '../answers.ts'
import type { MispClient, SightingAnswer } from '../../api.ts'
import { bulkAnswer, mispMessage, savedSighting } from '../schema.ts'
import type { AskMisp, MispAnswer } from './ask.ts'

/** Of the column `source`: a longer one is a 500 (`sightings__source_long`). */
const MAX_SOURCE = 255
/** From the 51st on the server scans its table once for each value (recorded facts, 6). */
const MAX_VALUES = 50
const MAX_MESSAGE = 300
/** A seen indicator; 1 would be a false positive, 2 an expiration. */
const SEEN = '0'

export function sightingCalls(ask: AskMisp): Pick<MispClient, 'saveSightings' | 'addSightings'> {
  return {
    saveSightings: async (event, sightings, signal) => {
      if (!/^[0-9a-f-]+$/i.test(event) || sightings.length === 0)
        throw refuse('without an event or sightings')
      const json = sightings.map(({ uuid, attributeUuid, seenAt, source }) => ({
        uuid,
        attribute_uuid: attributeUuid,
        date_sighting: seenAt,
        type: SEEN,
        source: clip(source, MAX_SOURCE),
      }))
      return ask({ method: 'POST', path: `/sightings/bulkSaveSightings/${event}`, json }, bulkOutcome, signal)
    },
    addSightings: async ({ values, seenAt, source }, signal) => {
      if (values.length === 0 || values.length > MAX_VALUES || !values.every(isLiteral))
        throw refuse(`without values, with more than ${MAX_VALUES}, or with one that is a pattern`)
      const json = {
        values,
        type: SEEN,
        timestamp: seenAt,
        source: clip(source, MAX_SOURCE),
        filters: { to_ids: 1, published: 1 },
      }
      return ask({ method: 'POST', path: '/sightings/add', json }, addOutcome, signal)
    },
  }
}

/** An empty value stands for every attribute, `!` for all others, `%` for a pattern (recorded facts, 1 and 7). */
function isLiteral(value: unknown): boolean {
  return typeof value === 'string' && /[a-z0-9]/i.test(value) && !/^[!%]|%$/.test(value)
}

function refuse(what: string): AppError {
  return new AppError('INTERNAL', `Sightings ${what} were not sent to MISP`)
}

/** «No sightings added» is what a repeated request gets: all of them are known. */
function bulkOutcome({ json }: MispAnswer): SightingAnswer {
  const answer = bulkAnswer.safeParse(json).data
  if (answer === undefined) return addOutcome({ json })
  const count = /^\d{1,9}\b/.exec(answer.success ?? '')?.[0]
  if (!answer.saved) return { kind: 'saved', count: 0 }
  return count === undefined ? { kind: 'saved' } : { kind: 'saved', count: Number(count) }
}

/** Only the last sighting that was stored is told, whatever their number. */
function addOutcome({ json }: Pick<MispAnswer, 'json'>): SightingAnswer {
  if (savedSighting.safeParse(json).success) return { kind: 'saved' }
  const refused = mispMessage.safeParse(json).data
  if (refused === undefined) throw malformed('MISP answered a sighting with something else')
  return { kind: 'refused', message: clip(refused.message, MAX_MESSAGE) }
}
