import type { DocumentNode, ExecutionResult, GraphQLObjectType, GraphQLSchema } from 'graphql'
import { execute, GraphQLError, isObjectType, parse, validate } from 'graphql'
import type { StoredObject } from '../store/stored.ts'
import { may } from '../users.ts'
import { atLeast } from '../version.ts'
import { aliasLimit } from './alias-limit.ts'
import type { Args, Context, RootField } from './context.ts'
import { failure } from './errors.ts'
import { OBJECT_FIELDS } from './objects.ts'
import { MUTATIONS } from './mutations.ts'
import { QUERIES } from './queries.ts'
import { schemaOf } from './schema.ts'

export interface Operation {
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>> | null
  readonly operationName?: string | null
}

/** What went wrong before execution: errors without data, and the code of those that have none of their own. */
export interface Refused {
  readonly errors: readonly GraphQLError[]
  readonly fallback: 'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED'
}

export type Run = (operation: Operation, context: Context) => Refused | ExecutionResult

type Prepared = { readonly document: DocumentNode } | Refused

/** Documents remembered; a client has a few dozen. */
const REMEMBERED = 200

/** Runs operations on the schema of a release. Documents are parsed and validated once. */
export function createExecutor(version: string): Run {
  const schema = schemaOf(version)
  resolveWith(schema, version)
  const prepared = new Map<string, Prepared>()
  const prepare = (query: string): Prepared => {
    const known = prepared.get(query)
    if (known !== undefined) return known
    const made = prepareDocument(schema, query, version)
    if (prepared.size >= REMEMBERED) prepared.clear()
    prepared.set(query, made)
    return made
  }
  return ({ query, variables, operationName }, context) => {
    if (query.includes('__schema')) {
      const forbidden = failure('FORBIDDEN_ACCESS', { message: 'GraphQL introspection not authorized!' })
      return { errors: [forbidden], fallback: 'GRAPHQL_VALIDATION_FAILED' }
    }
    const ready = prepare(query)
    if ('errors' in ready) return ready
    const result = execute({
      schema,
      document: ready.document,
      contextValue: context,
      variableValues: variables ?? {},
      operationName: operationName ?? null,
      typeResolver: (object) => (object as StoredObject).typename,
    })
    if (result instanceof Promise) throw new Error('the fake OpenCTI resolves nothing later')
    return result
  }
}

function prepareDocument(schema: GraphQLSchema, query: string, version: string): Prepared {
  let document: DocumentNode
  try {
    document = parse(query)
  } catch (error) {
    return { errors: [error as GraphQLError], fallback: 'GRAPHQL_PARSE_FAILED' }
  }
  const wrong = validate(schema, document)
  const errors = wrong.length === 0 && atLeast(version, '6.1.0') ? aliasLimit(document) : wrong
  return errors.length === 0 ? { document } : { errors, fallback: 'GRAPHQL_VALIDATION_FAILED' }
}

/** Puts the resolvers into the schema. */
function resolveWith(schema: GraphQLSchema, version: string): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    const roots = rootsOf(schema, type)
    for (const [name, field] of Object.entries(type.getFields())) {
      const root = roots[name]
      if (root !== undefined)
        field.resolve = (_, args: Args, context: Context) => asRoot({ name, root, version }, args, context)
      else if (isStored(type.getFields())) {
        const resolver = OBJECT_FIELDS[name]
        if (resolver !== undefined) field.resolve = resolver
      }
    }
  }
}

function rootsOf(schema: GraphQLSchema, type: GraphQLObjectType): Readonly<Record<string, RootField>> {
  if (type === schema.getQueryType()) return QUERIES
  return type === schema.getMutationType() ? MUTATIONS : {}
}

function isStored(fields: object): boolean {
  return 'standard_id' in fields && 'created_at' in fields
}

interface Named {
  readonly name: string
  readonly root: RootField
  readonly version: string
}

/** Who asks and what a fault says come before the field itself. */
function asRoot({ name, root, version }: Named, args: Args, context: Context): unknown {
  const { user } = context
  const open = root.needs === 'public' || (name === 'about' && !atLeast(version, '6.1.0'))
  if (user === undefined && !open) throw failure('AUTH_REQUIRED')
  if (user !== undefined && root.needs !== 'public' && root.needs.length > 0) {
    if (!root.needs.some((capability) => may(user, capability))) throw failure('FORBIDDEN_ACCESS')
  }
  const fault = context.faultAt(name)
  if (fault !== undefined) throw failure(fault)
  return root.resolve(args, { ...context, user: user ?? NOBODY })
}

const NOBODY = { name: 'nobody', id: '', token: '', capabilities: [], maxConfidence: null }
