import { jsonLine } from '../core/text.ts'
import type { Leaf } from './wazuh-leaf.ts'

/** Leaves by their dotted path, as Wazuh's rules name them. */
export type Fields = Readonly<Record<string, Leaf | undefined>>

export interface LineBounds {
  readonly integration: string
  readonly maxBytes: number
  /** Paths of what is left out of an event that is too long, in this order; a path takes all below it along. */
  readonly dropOrder: readonly string[]
}

/**
 * Most leaves of an event, a list counted as one. Analysisd reads 256 by default and loses the rest, each with an error line in
 * its log (4.14, recorded: injection-cases-fieldcount.jsonl); sites may have lowered that.
 */
const MAX_LEAVES = 100

/** One line of JSON without the line end. Whole fields are left out until it is within the bounds; it is never cut. */
export function eventLine(fields: Fields, { integration, maxBytes, dropOrder }: LineBounds): string {
  const left = new Map(Object.entries(fields).filter(([, leaf]) => leaf !== undefined))
  // First: analysisd reads so many fields and no more, and rules of no integration fire without this one.
  const line = (): string => jsonLine({ integration, ...nested(left) })
  let text = line()
  for (const path of dropOrder) {
    if (left.size < MAX_LEAVES && Buffer.byteLength(text) <= maxBytes) break
    if (drop(left, path)) text = line()
  }
  return text
}

function drop(left: Map<string, unknown>, path: string): boolean {
  const before = left.size
  for (const key of left.keys()) if (key === path || key.startsWith(`${path}.`)) left.delete(key)
  return left.size < before
}

interface Tree {
  [key: string]: Leaf | Tree
}

function nested(fields: Iterable<readonly [string, Leaf | undefined]>): Tree {
  const top: Tree = {}
  for (const [path, leaf] of fields) {
    if (leaf === undefined) continue
    const keys = path.split('.')
    const name = keys.pop() ?? path
    keys.reduce(branch, top)[name] = leaf
  }
  return top
}

function branch(tree: Tree, key: string): Tree {
  const found = tree[key]
  if (found !== undefined && isTree(found)) return found
  const made: Tree = {}
  tree[key] = made
  return made
}

function isTree(value: Leaf | Tree): value is Tree {
  return typeof value === 'object' && !Array.isArray(value)
}
