import type { GraphQLFieldResolver } from 'graphql'
import type { Connection, PageQuery } from '../filters/page.ts'
import { page } from '../filters/page.ts'
import type { ObjectSource } from '../store/collection.ts'
import { observableValues } from '../store/pattern.ts'
import type { StoredObject, StoredRelation } from '../store/stored.ts'
import { isRelation } from '../store/stored.ts'
import type { Args, Context } from './context.ts'

type Resolver = GraphQLFieldResolver<StoredObject, Context>

/** Fields of objects that are not simply there, under whatever type they are asked for. */
export const OBJECT_FIELDS: Readonly<Record<string, Resolver>> = {
  representative: (object) => ({ main: representativeOf(object), secondary: object['description'] ?? null }),
  is_inferred: () => false,
  spec_version: () => '2.1',
  lang: () => 'en',
  revoked: (object) => object['revoked'] ?? false,
  observable_value: (object) => observableValue(object),
  externalReferences: (object, args: Args) => listed(object.references, args),
  indicators: (object, args: Args, { instance }) => {
    const based = instance.database.relationsOf(object.id).filter(isBasedOn(object.id))
    return listed(
      based.map(({ fromId }) => instance.database.find(fromId)),
      args,
    )
  },
  observables: (object, args: Args, { instance }) => {
    const based = instance.database
      .relationsOf(object.id)
      .filter(({ relationship_type: type, fromId }) => type === 'based-on' && fromId === object.id)
    return listed(
      based.map(({ toId }) => instance.database.find(toId)),
      args,
    )
  },
  stixCoreRelationships: (object, args: Args, { instance }) =>
    listed(instance.database.relationsOf(object.id).filter(relationTest(args)), args),
  x_opencti_observable_values: (object) =>
    observableValues(String(object['pattern'])).map(({ type, value, name, hashes }) => ({
      type,
      value: value ?? name ?? Object.values(hashes ?? {})[0] ?? null,
      hashes:
        hashes === undefined
          ? null
          : Object.entries(hashes).map(([algorithm, hash]) => ({ algorithm, hash })),
    })),
  from: (object, _, { instance }) => (isRelation(object) ? instance.database.find(object.fromId) : null),
  to: (object, _, { instance }) => (isRelation(object) ? instance.database.find(object.toId) : null),
  fromRole: (object) => `${object.entity_type}_from`,
  toRole: (object) => `${object.entity_type}_to`,
}

function isBasedOn(observableId: string) {
  return ({ relationship_type: type, toId }: StoredRelation): boolean =>
    type === 'based-on' && toId === observableId
}

/** What the arguments of a list of relationships let through; type names count with those above them. */
export function relationTest(args: Args): (relation: StoredRelation) => boolean {
  const types = textsOf(args['relationship_type'])
  const fromTypes = textsOf(args['fromTypes'])
  const toTypes = textsOf(args['toTypes'])
  return (relation) =>
    (types === undefined || types.includes(relation.relationship_type)) &&
    (fromTypes === undefined || fromTypes.includes(relation.fromType)) &&
    (toTypes === undefined || toTypes.includes(relation.toType))
}

/** One text or a list of them; undefined when absent or empty. */
export function textsOf(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  const texts = Array.isArray(value)
    ? value.map(String)
    : [typeof value === 'string' ? value : JSON.stringify(value)]
  return texts.length === 0 ? undefined : texts
}

/** A list that is there whole, as a page. */
export function listed(objects: readonly (StoredObject | undefined)[], args: PageQuery): Connection {
  const present = objects.filter((object) => object !== undefined)
  const source: ObjectSource = {
    after: () => present,
    lookup: () => undefined,
    count: (matcher) => present.filter(matcher).length,
  }
  const query: PageQuery = { first: args.first ?? null, after: args.after ?? null }
  return page([source], { ...query, orderBy: 'created_at' })
}

const DISPLAYED_HASHES = ['SHA-512', 'SHA-256', 'SHA-1', 'MD5']

function observableValue(object: StoredObject): string {
  const hashes = (object['hashes'] ?? []) as readonly { algorithm: string; hash: string }[]
  for (const algorithm of DISPLAYED_HASHES) {
    const found = hashes.find((each) => each.algorithm === algorithm)
    if (found !== undefined) return found.hash
  }
  const names = [
    'value',
    'name',
    'command_line',
    'path',
    'attribute_key',
    'account_login',
    'serial_number',
    'url',
  ]
  const value = names.map((name) => object[name]).find((each) => typeof each === 'string')
  return typeof value === 'string' ? value : 'Unknown'
}

export function representativeOf(object: StoredObject): string {
  const names = ['name', 'definition', 'value', 'source_name', 'phase_name']
  if (object.parent_types.includes('Stix-Cyber-Observable')) return observableValue(object)
  const value = names.map((name) => object[name]).find((each) => typeof each === 'string')
  return typeof value === 'string' ? value : object.entity_type
}
