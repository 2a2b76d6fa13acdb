import { checkFilters } from '../filters/check.ts'
import type { PageQuery } from '../filters/page.ts'
import { page } from '../filters/page.ts'
import type { Matcher } from '../filters/compile.ts'
import type { Instance } from '../instance.ts'
import type { Kind, StoredObject } from '../store/stored.ts'
import { isRelation } from '../store/stored.ts'
import type { User } from '../users.ts'
import type { Args, RootField } from './context.ts'
import { relationTest, textsOf } from './objects.ts'

const KNOWLEDGE = ['KNOWLEDGE']

/** The fields of Query. */
export const QUERIES: Readonly<Record<string, RootField>> = {
  about: { needs: [], resolve: (_, { instance }) => ({ version: instance.version }) },
  me: { needs: [], resolve: (_, { user }) => me(user) },
  indicators: listOf('indicator'),
  indicator: { needs: KNOWLEDGE, resolve: (args, { instance }) => oneOf(instance, args, 'Indicator') },
  stixCyberObservables: listOf('observable', (args) => {
    const types = textsOf(args['types'])
    if (types === undefined) return undefined
    return (object) =>
      types.includes(object.entity_type) || types.some((type) => object.parent_types.includes(type))
  }),
  stixCyberObservable: { needs: KNOWLEDGE, resolve: (args, { instance }) => oneOf(instance, args) },
  stixCoreRelationships: listOf('relationship', endsTest),
  stixSightingRelationships: listOf('sighting', endsTest),
  streamCollections: { needs: 'public', resolve: (_, { instance, user }) => streams(instance, user) },
  markingDefinitions: listOf('marking'),
  labels: listOf('label'),
}

type Condition = (args: Args, instance: Instance) => Matcher | undefined

function listOf(kind: Kind, condition?: Condition): RootField {
  return {
    needs: KNOWLEDGE,
    resolve: (args, { instance }) => {
      const query: PageQuery = args
      checkFilters(query.filters, instance)
      const test = condition?.(args, instance)
      const also = test === undefined ? {} : { also: { name: JSON.stringify(args), test } }
      return page(instance.database.sources(kind), { ...query, ...also })
    },
  }
}

/** The ends may be named by any of their ids. */
function endsTest(args: Args, { database }: Instance): Matcher {
  const internal = (name: string): readonly string[] | undefined =>
    textsOf(args[name])?.map((ref) => database.find(ref)?.id ?? ref)
  const [from, to, either] = [internal('fromId'), internal('toId'), internal('fromOrToId')]
  const types = relationTest(args)
  return (object) =>
    isRelation(object) &&
    types(object) &&
    (from === undefined || from.includes(object.fromId)) &&
    (to === undefined || to.includes(object.toId)) &&
    (either === undefined || either.includes(object.fromId) || either.includes(object.toId))
}

function oneOf({ database }: Instance, args: Args, typename?: string): StoredObject | null {
  const found = database.find(String(args['id']))
  return found !== undefined && (typename === undefined || found.typename === typename) ? found : null
}

/** Those without a token see the public ones. */
function streams(instance: Instance, user: User): unknown {
  const seen = [...instance.streams.values()].filter((each) => each.stream_public || user.id !== '')
  const ids = seen.map(({ id }) => id)
  return {
    pageInfo: {
      startCursor: ids[0] ?? '',
      endCursor: ids.at(-1) ?? '',
      hasNextPage: false,
      hasPreviousPage: false,
      globalCount: seen.length,
    },
    edges: seen.map((node) => ({ node, cursor: node.id })),
  }
}

function me(user: User): unknown {
  return {
    id: user.id,
    standard_id: `user--${user.id}`,
    entity_type: 'User',
    parent_types: ['Basic-Object', 'Internal-Object'],
    name: user.name,
    user_email: `${user.name}@opencti.example`,
    capabilities: user.capabilities.map((name, place) => ({
      id: `${user.id.slice(0, -4)}c${String(place).padStart(3, '0')}`,
      standard_id: `capability--${name.toLowerCase()}`,
      entity_type: 'Capability',
      parent_types: ['Basic-Object', 'Internal-Object'],
      name,
      description: null,
    })),
    user_confidence_level: user.maxConfidence === null ? null : { max_confidence: user.maxConfidence },
    effective_confidence_level: user.maxConfidence === null ? null : { max_confidence: user.maxConfidence },
    allowed_marking: [],
  }
}
