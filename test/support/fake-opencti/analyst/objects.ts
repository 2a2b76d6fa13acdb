import type { Instance } from '../instance.ts'
import { buildObject, PARENTS } from '../store/build.ts'
import { observableIdentity, otherHashIds, standardId, stixTypeOf } from '../store/ids.ts'
import type { StoredObject } from '../store/stored.ts'
import type { Added, FakeEntityInput, FakeObservableInput } from '../types.ts'
import { atLeast } from '../version.ts'
import { addRelationship } from './relations.ts'

/** Stored in lower case, whatever was typed. */
const LOWERED: ReadonlySet<string> = new Set(['Domain-Name', 'Email-Addr'])

export function addObservable(instance: Instance, input: FakeObservableInput): Added {
  const { entity_type, value, name, hashes } = input
  const attributes = {
    ...(value === undefined ? {} : { value: LOWERED.has(entity_type) ? value.toLowerCase() : value }),
    ...(name === undefined ? {} : { name }),
    ...(hashes === undefined ? {} : { hashes }),
    ...input.attributes,
  }
  const identity = observableIdentity(entity_type, attributes)
  const standard_id = standardId(stixTypeOf(entity_type), identity)
  const others = atLeast(instance.version, '6.7.4') ? otherHashIds(attributes, standard_id) : []
  const object = buildObject(
    instance,
    {
      entity_type,
      parents: PARENTS.observable,
      identity,
      standard_id,
      attributes: {
        ...attributes,
        x_opencti_score: input.x_opencti_score ?? null,
        x_opencti_description: input.x_opencti_description ?? null,
      },
    },
    { ...input, x_opencti_stix_ids: [...(input.x_opencti_stix_ids ?? []), ...others] },
  )
  const { id } = putNew(instance, object)
  for (const from of input.indicators ?? []) {
    addRelationship(instance, { from, to: id, relationship_type: 'based-on' })
  }
  for (const { object: other, relationship_type, inwards = false } of input.related ?? []) {
    const [from, to] = inwards ? [other, id] : [id, other]
    addRelationship(instance, { from, to, relationship_type })
  }
  return { id, standard_id }
}

export function addEntity(instance: Instance, input: FakeEntityInput): Added {
  const { entity_type, name, description = null, attributes = {} } = input
  const object = buildObject(
    instance,
    {
      entity_type,
      parents: PARENTS.domain,
      identity: { name: name.trim().toLowerCase() },
      attributes: { confidence: 100, revoked: false, ...attributes, name, description },
    },
    input,
  )
  return putNew(instance, object)
}

/** The same object again changes the one that is there. */
function putNew(instance: Instance, made: StoredObject): Added {
  const old = instance.database.find(made.standard_id)
  const object = old === undefined ? made : { ...made, id: old.id, created_at: old.created_at }
  instance.database.put(object)
  if (old === undefined) instance.changed({ type: 'create', object })
  else instance.changed({ type: 'update', before: old, object })
  return { id: object.id, standard_id: object.standard_id }
}

export function deleteObject(instance: Instance, ref: string): void {
  const object = instance.database.find(ref)
  if (object === undefined) throw new Error(`the fake OpenCTI has no object ${ref}`)
  for (const relation of instance.database.relationsOf(object.id)) instance.database.remove(relation)
  instance.database.remove(object)
  instance.changed({ type: 'delete', object })
}
