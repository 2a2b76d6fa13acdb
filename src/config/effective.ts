import type { LoadedConfig } from './load.ts'
import { redact } from './redact.ts'
import { CONFIG_SHAPE, type Field, type Shape } from './shape.ts'
import { isTree, type Path } from './tree.ts'
import { inline, scalarText } from './yaml-text.ts'

type OriginOf = LoadedConfig['originOf']

/**
 * The configuration in force, as YAML that loads again: what is not a default carries where it came from as a
 * comment; secrets are `[REDACTED]`.
 */
export function renderEffective({ config, warnings, originOf }: LoadedConfig): string {
  const notes = warnings.map(({ setting, message }) => `# warning: ${setting}: ${message}`)
  return `${[...notes, ...objectLines(CONFIG_SHAPE.fields, config, [], originOf)].join('\n')}\n`
}

function objectLines(
  fields: readonly Field[],
  value: Readonly<Record<string, unknown>>,
  path: Path,
  originOf: OriginOf,
): string[] {
  return fields
    .filter(({ key }) => value[key] !== undefined)
    .flatMap(({ key, shape }) => entryLines(shape, value[key], [...path, key], originOf))
}

function entryLines(shape: Shape, value: unknown, path: Path, originOf: OriginOf): string[] {
  const head = `${inline(path.at(-1))}:`
  const origin = originOf(path)
  const comment = origin === undefined ? '' : ` # ${redact(origin)}`
  const body = bodyLines(shape, value, path, originOf)
  return body === undefined
    ? [`${head} ${lineText(shape, value)}${comment}`]
    : [isTree(value) ? head : `${head}${comment}`, ...body.map((line) => `  ${line}`)]
}

/** The lines below a key, or undefined when its value stands beside it. */
function bodyLines(shape: Shape, value: unknown, path: Path, originOf: OriginOf): string[] | undefined {
  if (Array.isArray(value) && value.length > 0 && shape.kind === 'list') {
    return value.flatMap((item: unknown, index) => {
      const body = bodyLines(shape.items, item, [...path, index], () => undefined)
      return body === undefined ? [`- ${lineText(shape.items, item)}`] : asItem(body)
    })
  }
  if (!isTree(value) || Object.keys(value).length === 0) return undefined
  if (shape.kind === 'object') return objectLines(shape.fields, value, path, originOf)
  if (shape.kind === 'record')
    return Object.entries(value).flatMap(([key, child]) =>
      entryLines(shape.values, child, [...path, key], originOf),
    )
  if (shape.kind !== 'choice') return undefined
  return bodyLines(shape.variants.get(String(value['type'])) ?? shape, value, path, originOf)
}

function asItem(lines: readonly string[]): string[] {
  return lines.map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`))
}

function lineText(shape: Shape, value: unknown): string {
  return redact(shape.kind === 'scalar' ? scalarText(value, shape.scalar) : inline(value))
}
