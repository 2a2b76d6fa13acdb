import { failure } from '../graphql/errors.ts'
import type { Instance } from '../instance.ts'
import type { User } from '../users.ts'
import { atLeast } from '../version.ts'
import { buildObject, PARENTS } from './build.ts'
import { standardId } from './ids.ts'
import type { StoredObject, StoredSighting } from './stored.ts'
import { isSighting } from './stored.ts'

export interface SightingInput {
  readonly stix_id?: string | null
  readonly fromId: string
  readonly toId: string
  readonly first_seen?: string | null
  readonly last_seen?: string | null
  readonly attribute_count: number
  readonly confidence?: number | null
  readonly x_opencti_negative?: boolean | null
  readonly description?: string | null
  readonly createdBy?: string | null
  readonly objectMarking?: readonly string[] | null
  readonly objectLabel?: readonly string[] | null
}

/** What absent dates are taken for. */
const BEGINNING = '1970-01-01T00:00:00.000Z'
const END = '5138-11-16T09:46:40.000Z'
/** `relations_deduplication`: both dates within so much of the given ones make it the same sighting. */
const SAME_MS = 30 * 86_400_000

/** From 6.0 nobody writes without a level; the level of what is written is no higher than the user's. */
export function levelOf({ version }: Instance, user: User, wanted?: number | null): number {
  if (user.maxConfidence === null && atLeast(version, '6.0.0')) {
    throw failure('FUNCTIONAL_ERROR', {
      message: 'User has no effective max confidence level and cannot create this element',
      data: { user_id: user.id },
    })
  }
  return Math.min(wanted ?? 100, user.maxConfidence ?? 100)
}

export function addSighting(instance: Instance, user: User, input: SightingInput): StoredSighting {
  const confidence = levelOf(instance, user, input.confidence)
  const { database } = instance
  const [from, to] = [database.find(input.fromId), database.find(input.toId)]
  if (from === undefined || to === undefined) throw failure('MISSING_REFERENCE_ERROR')
  const first = input.first_seen ?? BEGINNING
  const last = input.last_seen ?? END
  if (Date.parse(first) > Date.parse(last)) {
    throw failure('FUNCTIONAL_ERROR', {
      message: 'You cannot create a relation with a first seen greater than the last seen',
    })
  }
  const wanted = { first, last, count: input.attribute_count, confidence }
  const known = database
    .relationsOf(from.id, 'sighting')
    .filter(isSighting)
    .find((each) => each.toId === to.id && (isNamed(each, input.stix_id) || isNear(each, wanted)))
  if (known !== undefined) return upsert(instance, known, wanted)
  const object = build(instance, { from, to, input, wanted })
  database.put(object)
  instance.changed({ type: 'create', object })
  return object
}

interface Wanted {
  readonly first: string
  readonly last: string
  readonly count: number
  readonly confidence: number
}

function isNamed(
  { standard_id: id, x_opencti_stix_ids: others }: StoredSighting,
  name: string | null | undefined,
): boolean {
  return typeof name === 'string' && (id === name || others.includes(name))
}

function isNear({ first_seen, last_seen }: StoredSighting, { first, last }: Wanted): boolean {
  return near(first_seen, first) && near(last_seen, last)
}

function near(a: string, b: string): boolean {
  return Math.abs(Date.parse(a) - Date.parse(b)) <= SAME_MS
}

/** The count grows only when a date moves; otherwise it is overwritten. Nothing changes below the level of the one there. */
function upsert(
  instance: Instance,
  before: StoredSighting,
  { first, last, count, confidence }: Wanted,
): StoredSighting {
  if (confidence < (before.confidence ?? 0)) return before
  const first_seen = Date.parse(first) < Date.parse(before.first_seen) ? first : before.first_seen
  const last_seen = Date.parse(last) > Date.parse(before.last_seen) ? last : before.last_seen
  const moved = first_seen !== before.first_seen || last_seen !== before.last_seen
  const attribute_count = moved ? before.attribute_count + count : count
  return changeSighting(instance, before, { first_seen, last_seen, attribute_count, confidence })
}

export function changeSighting(
  instance: Instance,
  before: StoredSighting,
  changes: Partial<StoredSighting>,
): StoredSighting {
  const now = new Date(instance.now()).toISOString()
  const object: StoredSighting = { ...before, ...changes, updated_at: now, modified: now }
  instance.database.put(object)
  instance.changed({ type: 'update', before, object })
  return object
}

interface Parts {
  readonly from: StoredObject
  readonly to: StoredObject
  readonly input: SightingInput
  readonly wanted: Wanted
}

function build(instance: Instance, { from, to, input, wanted }: Parts): StoredSighting {
  const { first, last, count, confidence } = wanted
  const author =
    input.createdBy === undefined || input.createdBy === null
      ? undefined
      : reference(instance, input.createdBy)
  const identity = {
    type: 'sighting',
    sighting_of_ref: from.standard_id,
    where_sighted_refs: [to.standard_id],
    ...(input.first_seen ? { first_seen: first } : {}),
    ...(input.last_seen ? { last_seen: last } : {}),
  }
  const built = buildObject(
    instance,
    {
      entity_type: 'stix-sighting-relationship',
      typename: 'StixSightingRelationship',
      parents: PARENTS.sighting,
      identity,
      standard_id: standardId('sighting', identity),
      attributes: {
        relationship_type: 'stix-sighting-relationship',
        fromId: from.id,
        fromType: from.entity_type,
        toId: to.id,
        toType: to.entity_type,
        first_seen: first,
        last_seen: last,
        attribute_count: count,
        confidence,
        x_opencti_negative: input.x_opencti_negative ?? false,
        description: input.description ?? null,
      },
    },
    { x_opencti_stix_ids: typeof input.stix_id === 'string' ? [input.stix_id] : [] },
  ) as StoredSighting
  const objectMarking = (input.objectMarking ?? []).map((id) => reference(instance, id))
  return { ...built, createdBy: author ?? null, objectMarking }
}

/** Authors and markings must be there. */
function reference({ database }: Instance, ref: string): StoredObject {
  const found = database.find(ref)
  if (found === undefined) throw failure('MISSING_REFERENCE_ERROR')
  return found
}
