import { resolve } from 'node:path'
import { isLoopback } from '../core/loopback.ts'
import { parseDuration, parseSize } from '../core/units.ts'
import { allowed, shapeAt, type ScalarShape } from './shape.ts'
import { isTree, valueAt, type Path, type Tree } from './tree.ts'
import { isDomainName, isNetwork } from './values.ts'

/** A value that its own schema lets pass and that cannot work. */
export interface Finding {
  readonly path: Path
  /** What was expected there; absent when `message` says it all. */
  readonly expected?: string
  readonly message?: string
}

/** What the schema of one value cannot see: bounds of quantities, forms of addresses, components at odds. */
export function checkSettings(tree: Tree): Finding[] {
  return [
    ...leaves(tree, []).flatMap((path) => checkRange(path, tree)),
    ...checkAllow(tree),
    ...checkComponents(tree),
    ...checkListener(tree),
  ]
}

function leaves(node: unknown, path: Path): Path[] {
  if (Array.isArray(node)) return node.flatMap((item, index) => leaves(item, [...path, index]))
  if (!isTree(node)) return [path]
  return Object.entries(node).flatMap(([key, value]) => leaves(value, [...path, key]))
}

const PARSE = { duration: parseDuration, size: parseSize } as const

function checkRange(path: Path, tree: Tree): Finding[] {
  const shape = shapeAt(path, tree)
  const value = valueAt(tree, path)
  if (shape?.kind !== 'scalar' || typeof value !== 'string') return []
  if (shape.scalar !== 'duration' && shape.scalar !== 'size') return []
  const parse = PARSE[shape.scalar]
  const amount = parse(value)
  // What is no quantity at all is the schema's to report.
  if (amount === undefined || isWithin(amount, shape, parse)) return []
  return [{ path, expected: allowed(shape) }]
}

function isWithin(
  amount: number,
  { least, most }: ScalarShape,
  parse: (text: string) => number | undefined,
): boolean {
  return amount >= (parse(least ?? '') ?? 0) && amount <= (parse(most ?? '') ?? Infinity)
}

const ALLOW_FORMS = [
  { key: 'networks', test: isNetwork, expected: 'a network in CIDR form (203.0.113.0/24)' },
  { key: 'domains', test: isDomainName, expected: 'a domain name' },
] as const

function checkAllow(tree: Tree): Finding[] {
  return ALLOW_FORMS.flatMap(({ key, test, expected }) => {
    const path = ['policy', 'allow', key]
    const items = valueAt(tree, path)
    if (!Array.isArray(items)) return []
    return items.flatMap((item: unknown, index) =>
      typeof item !== 'string' || test(item) ? [] : [{ path: [...path, index], expected }],
    )
  })
}

function checkComponents(tree: Tree): Finding[] {
  const empty = ['sources', 'sinks'].flatMap((section): Finding[] => {
    const components = tree[section]
    if (!isTree(components) || Object.keys(components).length > 0) return []
    return [
      {
        path: [section],
        message: `\`${section}\` is empty; name one, or leave the key out to have the default`,
      },
    ]
  })
  return [...empty, ...sharedPaths(tree)]
}

/** What is shown there is for those who may read alerts. */
function checkListener({ http }: Tree): Finding[] {
  if (!isTree(http) || http['enabled'] === false || http['token'] !== undefined) return []
  const { host } = http
  if (typeof host !== 'string' || host === '' || isLoopback(host)) return []
  const message = `http.host: others can reach ${host}: give \`token\` or \`tokenFile\` beside it`
  return [{ path: ['http', 'host'], message }]
}

/** Two sinks that rotate one file under each other's feet lose lines, and what is written into a file that is followed comes back for ever. */
function sharedPaths(tree: Tree): Finding[] {
  const sinks = tree['sinks']
  if (!isTree(sinks)) return []
  const followed = followedFiles(tree)
  const owner = new Map<string, string>()
  return Object.entries(sinks).flatMap(([id, sink]): Finding[] => {
    const named = filePath(sink)
    if (named === undefined) return []
    const path = resolve(named)
    const source = followed.get(path)
    if (source !== undefined)
      return [
        {
          path: ['sinks', id, 'path'],
          message: `sinks.${id} writes into the file that sources.${source} follows`,
        },
      ]
    const other = owner.get(path)
    if (other === undefined) owner.set(path, id)
    if (other === undefined) return []
    return [{ path: ['sinks', id, 'path'], message: `sinks.${id} and sinks.${other} write the same file` }]
  })
}

/** Their sources, by path. */
function followedFiles({ sources }: Tree): ReadonlyMap<string, string> {
  const followed = new Map<string, string>()
  for (const [id, source] of Object.entries(isTree(sources) ? sources : { wazuh: { type: 'wazuh-file' } })) {
    const files = isTree(source)
      ? (source['files'] ?? initialAt(['sources', 'it', 'files'], { sources: { it: source } }))
      : []
    for (const file of Array.isArray(files) ? files : [])
      if (typeof file === 'string') followed.set(resolve(file), id)
  }
  return followed
}

function filePath(sink: unknown): string | undefined {
  if (!isTree(sink)) return undefined
  if (typeof sink['path'] === 'string') return sink['path']
  const initial = initialAt(['sinks', 'it', 'path'], { sinks: { it: sink } })
  return typeof initial === 'string' ? initial : undefined
}

/** What a key has when nothing is said. */
function initialAt(path: readonly [section: string, id: string, key: string], tree: Tree): unknown {
  const [section, id, key] = path
  const shape = shapeAt([section, id], tree)
  return shape?.kind === 'object' ? shape.fields.find((field) => field.key === key)?.initial : undefined
}
