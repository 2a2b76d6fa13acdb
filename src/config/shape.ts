import { z } from 'zod'
import { LIMITS } from './limits.ts'
import { settingsSchema } from './schema.ts'
import { isTree, type Path, type Tree } from './tree.ts'

export const SCALARS = ['text', 'url', 'number', 'integer', 'boolean', 'duration', 'size', 'secret'] as const
export type ScalarKind = (typeof SCALARS)[number]

export interface ScalarShape {
  readonly kind: 'scalar'
  readonly scalar: ScalarKind
  /** The only values allowed, for an enumeration. */
  readonly values?: readonly string[]
  /** Inclusive bounds, with their unit. */
  readonly least?: string
  readonly most?: string
}

export interface ObjectShape {
  readonly kind: 'object'
  readonly description: string
  readonly fields: readonly Field[]
}

/** What may stand at a place of the configuration: the schema, reduced to what people are told about it. */
export type Shape =
  | ScalarShape
  | ObjectShape
  | { readonly kind: 'list'; readonly items: Shape }
  | { readonly kind: 'record'; readonly values: Shape }
  /** One of several objects, told apart by their `type`. */
  | { readonly kind: 'choice'; readonly variants: ReadonlyMap<string, ObjectShape> }

export interface Field {
  readonly key: string
  readonly description: string
  readonly required: boolean
  /** As it would be written, undefined when there is none. */
  readonly initial: unknown
  readonly shape: Shape
  /** Its name in the tables: `suppress.scope`, `sinks[match-log].path`, `providers[feed].feeds[].path`. */
  readonly setting: string
}

type JsonSchema = z.core.JSONSchema.BaseSchema

/** The configuration file as JSON Schema (draft 2020-12), for editors. Every secret may be given as `<key>File`. */
export function configJsonSchema(): JsonSchema {
  return z.toJSONSchema(settingsSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      if (jsonSchema['unit'] === 'secret') {
        delete jsonSchema.anyOf
        Object.assign(jsonSchema, { type: 'string', minLength: 1 })
      }
      addSecretFiles(jsonSchema)
    },
  })
}

function addSecretFiles(schema: JsonSchema): void {
  const properties = Object.entries(schema.properties ?? {})
  const secrets = properties.filter(([, property]) => isTree(property) && property['unit'] === 'secret')
  if (secrets.length === 0) return
  schema.properties = Object.fromEntries(
    properties.flatMap(([key, property]) => {
      const description = `File that holds \`${key}\`, instead of \`${key}\`.`
      const file: JsonSchema = { type: 'string', minLength: 1, description }
      return isTree(property) && property['unit'] === 'secret'
        ? [
            [key, property],
            [`${key}File`, file],
          ]
        : [[key, property]]
    }),
  )
  const keys = secrets.map(([key]) => key).filter((key) => schema.required?.includes(key))
  schema.required = schema.required?.filter((key) => !keys.includes(key)) ?? []
  schema.allOf = keys.map((key) => ({ oneOf: [{ required: [key] }, { required: [`${key}File`] }] }))
}

export const CONFIG_SHAPE: ObjectShape = objectShape(configJsonSchema(), '')

function objectShape(schema: JsonSchema, setting: string): ObjectShape {
  const fields = Object.entries(schema.properties ?? {}).flatMap(([key, property]): Field[] => {
    if (typeof property === 'boolean') return []
    const name = setting === '' ? key : `${setting}.${key}`
    return [
      {
        key,
        description: property.description ?? '',
        required: isRequired(schema, key),
        initial: property.default,
        shape: shapeOf(property, name),
        setting: name,
      },
    ]
  })
  return { kind: 'object', description: schema.description ?? '', fields }
}

/** A secret is required where either it or its file is, as `addSecretFiles` has written it. */
function isRequired(schema: JsonSchema, key: string): boolean {
  if (schema.required?.includes(key) === true) return true
  return (schema.allOf ?? []).some((each) => {
    const itself = typeof each === 'boolean' ? undefined : each.oneOf?.[0]
    return typeof itself === 'object' && itself.required?.includes(key) === true
  })
}

function shapeOf(schema: JsonSchema, setting: string): Shape {
  if (schema.oneOf !== undefined && schema.properties === undefined) return choiceShape(schema, setting)
  if (schema.type === 'array') return { kind: 'list', items: child(schema.items, `${setting}[]`) }
  if (schema.type !== 'object') return scalarShape(schema, setting)
  if (schema.properties !== undefined) return objectShape(schema, setting)
  return { kind: 'record', values: child(schema.additionalProperties, setting) }
}

function child(schema: unknown, setting: string): Shape {
  return isTree(schema) ? shapeOf(schema, setting) : { kind: 'scalar', scalar: 'text' }
}

function choiceShape(schema: JsonSchema, setting: string): Shape {
  const variants = (schema.oneOf ?? []).flatMap((variant): [string, ObjectShape][] => {
    if (typeof variant === 'boolean') return []
    const type = variant.properties?.['type']
    const name = typeof type === 'object' ? String(type.const) : ''
    return [[name, objectShape(variant, `${setting}[${name}]`)]]
  })
  return { kind: 'choice', variants: new Map(variants) }
}

function scalarShape(schema: JsonSchema, setting: string): ScalarShape {
  const values = schema.enum ?? (schema.const === undefined ? undefined : [schema.const])
  const limit = LIMITS[setting]
  const least = limit?.least ?? schema.minimum
  const most = limit?.most ?? (schema.maximum === Number.MAX_SAFE_INTEGER ? undefined : schema.maximum)
  return {
    kind: 'scalar',
    scalar: scalarKind(schema),
    ...(values === undefined ? {} : { values: values.map(String) }),
    ...(least === undefined ? {} : { least: String(least) }),
    ...(most === undefined ? {} : { most: String(most) }),
  }
}

function scalarKind(schema: JsonSchema): ScalarKind {
  const word = schema['unit'] ?? (schema.format === 'uri' ? 'url' : schema.type)
  return SCALARS.find((scalar) => scalar === word) ?? 'text'
}

/** The shape at a path of a given tree, which tells the types of components; undefined where nothing is known. */
export function shapeAt(path: Path, tree: Tree): Shape | undefined {
  let shape: Shape | undefined = CONFIG_SHAPE
  let value: unknown = tree
  for (const key of path) {
    shape = childShape(shape, key)
    value = isTree(value) || Array.isArray(value) ? Reflect.get(value, key) : undefined
    if (shape?.kind === 'choice') {
      const type: unknown = isTree(value) ? value['type'] : undefined
      const variant: ObjectShape | undefined = shape.variants.get(String(type))
      if (variant !== undefined) shape = variant
    }
  }
  return shape
}

function childShape(shape: Shape | undefined, key: string | number): Shape | undefined {
  if (shape?.kind === 'object') return shape.fields.find((field) => field.key === key)?.shape
  if (shape?.kind === 'list') return shape.items
  return shape?.kind === 'record' ? shape.values : undefined
}

/** What is allowed, in words: `a duration with a unit (…) from 10ms to 1h`. */
export function allowed(shape: Shape | undefined): string {
  if (shape === undefined) return 'another value'
  if (shape.kind === 'list') return `a list of ${plural(shape.items)}`
  if (shape.kind !== 'scalar') return 'a mapping (`key: value` lines)'
  if (shape.values !== undefined)
    return shape.values.length === 1 ? `\`${shape.values[0]}\`` : `one of ${shape.values.join(', ')}`
  return `${SCALAR_WORDS[shape.scalar]}${rangeText(shape)}`
}

const SCALAR_WORDS: Readonly<Record<ScalarKind, string>> = {
  text: 'a text that is not empty',
  url: 'an http or https URL',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  duration: 'a duration with a unit (250ms, 30s, 10m, 24h, 7d)',
  size: 'a size with a unit (64KiB, 8MiB, 1GiB)',
  secret: 'a text that is not empty',
}

export function rangeText(shape: ScalarShape): string {
  if (shape.least !== undefined && shape.most !== undefined) return ` from ${shape.least} to ${shape.most}`
  if (shape.least !== undefined) return `, ${shape.least} or more`
  return shape.most === undefined ? '' : `, ${shape.most} or less`
}

function plural(items: Shape): string {
  if (items.kind !== 'scalar') return 'mappings'
  if (items.values !== undefined) return `values out of ${items.values.join(', ')}`
  return items.scalar === 'text' ? 'texts' : `${items.scalar} values`
}
