import { randomUUID } from 'node:crypto'
import type { Instance } from '../instance.ts'
import { buildObject, PARENTS } from '../store/build.ts'
import type { StoredObject } from '../store/stored.ts'
import type { Added, FakeRelationshipInput } from '../types.ts'

export function objectBy(instance: Instance, ref: string): StoredObject {
  const found = instance.database.find(ref)
  if (found === undefined) throw new Error(`the fake OpenCTI has no object ${ref}`)
  return found
}

export function addRelationship(instance: Instance, input: FakeRelationshipInput): Added {
  const [from, to] = [objectBy(instance, input.from), objectBy(instance, input.to)]
  const object = buildObject(
    instance,
    {
      entity_type: input.relationship_type,
      typename: 'StixCoreRelationship',
      parents: PARENTS.relationship,
      identity: {},
      standard_id: `relationship--${randomUUID()}`,
      attributes: {
        relationship_type: input.relationship_type,
        fromId: from.id,
        fromType: from.entity_type,
        toId: to.id,
        toType: to.entity_type,
        confidence: input.confidence ?? 100,
        start_time: input.start_time ?? null,
        stop_time: input.stop_time ?? null,
        description: null,
        revoked: false,
        killChainPhases: [],
      },
    },
    input,
  )
  instance.database.put(object)
  instance.changed({ type: 'create', object })
  return { id: object.id, standard_id: object.standard_id }
}
