import type { Instance } from '../instance.ts'
import { identityOf } from '../store/build.ts'
import type { SightingInput } from '../store/sightings.ts'
import { addSighting, changeSighting, levelOf } from '../store/sightings.ts'
import type { StoredSighting } from '../store/stored.ts'
import { isSighting } from '../store/stored.ts'
import { addStream } from '../stream/collections.ts'
import type { IdentityType } from '../types.ts'
import type { User } from '../users.ts'
import type { Args, RootField } from './context.ts'
import { failure } from './errors.ts'

const UPDATE = ['KNOWLEDGE_KNUPDATE']

/** The fields of Mutation. */
export const MUTATIONS: Readonly<Record<string, RootField>> = {
  stixSightingRelationshipAdd: {
    needs: UPDATE,
    resolve: (args, { instance, user }) => addSighting(instance, user, args['input'] as SightingInput),
  },
  stixSightingRelationshipEdit: {
    needs: UPDATE,
    resolve: ({ id }, { instance, user }) => ({
      fieldPatch: ({ input }: Args) =>
        patch(sightingBy(instance, String(id)), { instance, user }, input as Edits),
      delete: () => {
        const object = sightingBy(instance, String(id))
        instance.database.remove(object)
        instance.changed({ type: 'delete', object })
        return object.id
      },
    }),
  },
  securityPlatformAdd: identityAdd('SecurityPlatform'),
  systemAdd: identityAdd('System'),
  organizationAdd: identityAdd('Organization'),
  streamCollectionAdd: {
    needs: ['TAXIIAPI_SETCOLLECTIONS'],
    resolve: ({ input }, { instance }) => addStream(instance, input as { name: string }),
  },
}

/** An identity of that kind and name is made once. */
function identityAdd(entity_type: IdentityType): RootField {
  return {
    needs: UPDATE,
    resolve: ({ input }, { instance, user }) => {
      levelOf(instance, user)
      const {
        name,
        description = null,
        security_platform_type = null,
      } = input as Record<string, string> & { name: string }
      return identityOf(instance, { name, entity_type, description, security_platform_type })
    },
  }
}

function sightingBy({ database }: Instance, ref: string): StoredSighting {
  const found = database.find(ref)
  if (found !== undefined && isSighting(found)) return found
  throw failure('FUNCTIONAL_ERROR', { message: 'Cant find element to update', data: { id: ref } })
}

type Edits = readonly { readonly key: string; readonly value: readonly unknown[] }[]

const PATCHED: Readonly<Record<string, (value: unknown) => unknown>> = {
  attribute_count: Number,
  confidence: Number,
  first_seen: (value) => new Date(String(value)).toISOString(),
  last_seen: (value) => new Date(String(value)).toISOString(),
  description: String,
  x_opencti_negative: (value) => String(value) === 'true',
}

interface By {
  readonly instance: Instance
  readonly user: User
}

function patch(before: StoredSighting, { instance, user }: By, input: Edits): StoredSighting {
  if (levelOf(instance, user) < (before.confidence ?? 0)) {
    throw failure('FUNCTIONAL_ERROR', {
      message: 'User effective max confidence level is insufficient to update this element',
      data: { user_id: user.id, element_id: before.id },
    })
  }
  const changes = input.map(({ key, value }): readonly [string, unknown] => {
    const read = PATCHED[key]
    if (read === undefined)
      throw failure('UNSUPPORTED_ERROR', { message: `This update is not supported: ${key}` })
    return [key, read(value[0])]
  })
  return changeSighting(instance, before, Object.fromEntries(changes))
}
