import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DocumentNode, GraphQLSchema, NameNode, TypeDefinitionNode } from 'graphql'
import { buildASTSchema, isScalarType, Kind, parse } from 'graphql'
import { atLeast, SINCE } from '../version.ts'

const SDL = readFileSync(join(import.meta.dirname, '../schema.graphql'), 'utf8')

/** The shipped schema, as a release has it. */
export function schemaOf(version: string): GraphQLSchema {
  const schema = buildASTSchema(asOf(parse(SDL), version))
  const dates = schema.getType('DateTime')
  if (isScalarType(dates)) dates.parseValue = parseDate
  return schema
}

function parseDate(value: unknown): unknown {
  if (typeof value === 'string' && !Number.isNaN(Date.parse(value))) return new Date(value).toISOString()
  throw new TypeError(`Value is not a valid DateTime: ${String(value)}`)
}

/** Without the types, fields and values that came later. */
function asOf(document: DocumentNode, version: string): DocumentNode {
  const there = (name: string): boolean => {
    const since = SINCE[name]
    return since === undefined || atLeast(version, since)
  }
  const definitions = document.definitions
    .filter((each) => !('name' in each) || there(each.name?.value ?? ''))
    .map((each) => without(each as TypeDefinitionNode, there))
  return { ...document, definitions }
}

function without(definition: TypeDefinitionNode, there: (name: string) => boolean): TypeDefinitionNode {
  const kept = (field: { readonly name: NameNode }): boolean =>
    there(`${definition.name.value}.${field.name.value}`)
  if (definition.kind === Kind.UNION_TYPE_DEFINITION) {
    return { ...definition, types: (definition.types ?? []).filter(({ name }) => there(name.value)) }
  }
  if (definition.kind === Kind.ENUM_TYPE_DEFINITION) {
    return { ...definition, values: (definition.values ?? []).filter(kept) }
  }
  if (definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION) {
    return { ...definition, fields: (definition.fields ?? []).filter(kept) }
  }
  return definition
}
