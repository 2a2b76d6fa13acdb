import type { z } from 'zod'
import { checkSettings, type Finding } from './checks.ts'
import { ENVIRONMENT } from './environment.ts'
import { nearest } from './nearest.ts'
import type { Overlaid, Overlay } from './overlay.ts'
import type { Place, Problem } from './problem.ts'
import type { Environment } from './read-environment.ts'
import { isSecretKey, redact, shown } from './redact.ts'
import { allowed, shapeAt, type Shape } from './shape.ts'
import { isPrefix, isTree, pathText, valueAt, type Path, type Tree } from './tree.ts'
import type { YamlFile } from './yaml-file.ts'

type Issue = z.core.$ZodIssue

/** Each takes a search through the file; nobody reads on after that many. */
const MAX_EXPLAINED = 100

/** Where settings came from: what a problem is explained with. */
export interface Origins {
  readonly overlay: Overlay
  readonly env: Environment
  readonly yaml: YamlFile | undefined
}

/** Every problem of the settings, those the schema found and those it cannot see, in the order of the file. */
export function explain(issues: readonly Issue[], origins: Origins): Problem[] {
  const { tree } = origins.overlay
  const problems = [
    ...issues.slice(0, MAX_EXPLAINED).flatMap((issue) => explainIssue(issue, origins)),
    ...checkSettings(tree)
      .slice(0, MAX_EXPLAINED)
      .map((finding) => explainFinding(finding, origins)),
  ]
  return problems.toSorted((a, b) => position(a) - position(b))
}

function position({ place }: Problem): number {
  return place === undefined ? -1 : place.line * 1e6 + place.column
}

function explainIssue(issue: Issue, origins: Origins): Problem[] {
  const path = plainPath(issue.path)
  const { tree } = origins.overlay
  if (issue.code === 'unrecognized_keys')
    return issue.keys.slice(0, MAX_EXPLAINED).map((key) => unknownKey(path, key, origins))
  if (issue.code === 'invalid_key') {
    const message = `${named(path)}: an id is 1 to 63 lower-case letters, digits and hyphens`
    return [located(message, path, 'key', origins)]
  }
  if (issue.code === 'invalid_union' && path.at(-1) === 'type') return [wrongType(path, origins)]
  const shape = shapeAt(path, tree)
  if (valueAt(tree, path) === undefined) return [missing(path, origins)]
  return [wrongValue(path, allowed(shape), origins)]
}

function plainPath(path: readonly PropertyKey[]): Path {
  return path.map((key) => (typeof key === 'number' ? key : String(key)))
}

function named(path: Path): string {
  return path.length === 0 ? 'the configuration' : redact(pathText(path))
}

function unknownKey(path: Path, key: string, origins: Origins): Problem {
  const shape = shapeAt(path, origins.overlay.tree)
  const known = shape?.kind === 'object' ? shape.fields.map((field) => field.key) : []
  const meant = nearest(key, known)
  const advice = meant === undefined ? `known are: ${known.join(', ')}` : `did you mean \`${meant}\`?`
  const where = path.length === 0 ? '' : ` in ${named(path)}`
  return located(`unknown key \`${redact(key)}\`${where}; ${advice}`, [...path, key], 'key', origins)
}

function wrongType(path: Path, origins: Origins): Problem {
  const { tree } = origins.overlay
  const type = valueAt(tree, path)
  const shape = shapeAt(path.slice(0, -1), tree)
  const types = shape?.kind === 'choice' ? [...shape.variants.keys()] : []
  const parent = path.slice(0, -1)
  if (type === undefined)
    return located(
      `${named(parent)}: \`type\` is missing; one of ${types.join(', ')}`,
      parent,
      'key',
      origins,
    )
  const meant = typeof type === 'string' ? nearest(type, types) : undefined
  const advice = meant === undefined ? '' : `; did you mean ${meant}?`
  const message = `${named(parent)}: unknown type ${shown(type)}; one of ${types.join(', ')}${advice}`
  return located(message, path, 'value', origins)
}

function missing(path: Path, origins: Origins): Problem {
  const parent = path.slice(0, -1)
  const key = path.at(-1)
  const owner = shapeAt(parent, origins.overlay.tree)
  const fields = owner?.kind === 'object' ? owner.fields : []
  const field = fields.find((candidate) => candidate.key === key)
  const variable = ENVIRONMENT.find(({ settings }) => field !== undefined && settings.includes(field.setting))
  const ways = [
    ...(fields.some((candidate) => candidate.key === `${key}File`) ? [`\`${key}File\``] : []),
    ...(variable === undefined ? [] : [variable.name]),
    ...(variable?.secret === true ? [`${variable.name}_FILE`] : []),
  ]
  const instead = ways.length === 0 ? '' : ` (or ${ways.join(', ')})`
  const message = `${named(parent)}: \`${key}\`${instead} is missing: ${withoutStop(field?.description ?? '')}`
  return located(message, parent, 'key', origins)
}

function explainFinding({ path, expected, message }: Finding, origins: Origins): Problem {
  return message === undefined
    ? wrongValue(path, expected ?? 'another value', origins)
    : located(message, path, 'key', origins)
}

function wrongValue(path: Path, expected: string, origins: Origins): Problem {
  const { tree } = origins.overlay
  const shape = shapeAt(path, tree)
  const value = valueAt(tree, path)
  const overlaid = overlaidAt(path, origins.overlay)
  if (overlaid !== undefined) {
    const { name, variable } = overlaid.given
    const got = variable.secret === true ? 'a value that is not shown' : shown(origins.env[name]?.trim())
    return { message: `${name}: got ${got}; expected ${expected}${didYouMean(value, shape)}` }
  }
  const secret = isSecret(path, shape)
  const got = secret && !isTree(value) && !Array.isArray(value) ? 'a value that is not shown' : shown(value)
  const advice = secret ? '' : didYouMean(value, shape)
  return located(`${named(path)}: got ${got}; expected ${expected}${advice}`, path, 'value', origins)
}

function isSecret(path: Path, shape: Shape | undefined): boolean {
  if (shape?.kind === 'scalar' && shape.scalar === 'secret') return true
  return path.some((key) => typeof key === 'string' && isSecretKey(key))
}

function didYouMean(value: unknown, shape: Shape | undefined): string {
  if (typeof value !== 'string' || shape?.kind !== 'scalar' || shape.values === undefined) return ''
  const meant = nearest(value, shape.values)
  return meant === undefined ? '' : `; did you mean ${meant}?`
}

/** The variable that gave the value at a path, or something around it. */
export function overlaidAt(path: Path, { overlaid }: Overlay): Overlaid | undefined {
  return overlaid.findLast((item) => isPrefix(item.path, path))
}

function located(message: string, path: Path, part: 'key' | 'value', { yaml, overlay }: Origins): Problem {
  // A component that a variable made has no place in the file, nor has what is missing in it.
  const place: Place | undefined = isWritten(path, yaml?.tree)
    ? part === 'key'
      ? yaml?.keyPlace(path)
      : yaml?.valuePlace(path)
    : undefined
  if (place !== undefined) return { message, place }
  const maker = overlay.overlaid.find((item) => path.length > 0 && isPrefix(path, item.path))
  return { message: maker === undefined ? message : `${message} (made by ${maker.given.name})` }
}

function isWritten(path: Path, tree: Tree | undefined): boolean {
  return tree !== undefined && (path.length === 0 || valueAt(tree, path) !== undefined)
}

function withoutStop(text: string): string {
  return text.replace(/\.$/, '')
}
