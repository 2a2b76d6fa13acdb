import type { FieldPath } from '../core/observable.ts'
import { clip } from '../core/text.ts'
import { FIELDS, type FieldKind } from './fields.ts'
import { WCS_FIELDS } from './fields-wcs.ts'

/** One path seen in alerts: what its field holds, and the nodes below it. */
export interface FieldNode {
  /** As analysts write it, with `[]` for array items. */
  readonly path: FieldPath
  readonly kind: FieldKind
  /** True when nothing below is searched either: the walk does not go down. */
  readonly closed: boolean
  readonly children: Map<string, FieldNode>
}

export interface FieldIndex {
  readonly root: FieldNode
  /** The node of a field below another; `''` with `item` for the items of an array. */
  child(parent: FieldNode, key: string): FieldNode
  item(parent: FieldNode): FieldNode
}

/** Alerts of one site have some thousand paths; attackers may send any number of keys, which are not remembered. */
const MAX_NODES = 20_000
/** The longest one in 5,000 recorded alerts has 109 characters (GuardDuty, Wazuh 4.14). A longer one is cut, and not remembered. */
const MAX_PATH_CHARS = 1024
const ITEM = '[]'
/** Where Wazuh 5 keeps a log as it was. What is in it by field is what 4.x has below `data`. */
const LOG = 'event.original.'

interface Rules {
  readonly exact: ReadonlyMap<string, FieldKind>
  readonly subtree: ReadonlyMap<string, FieldKind>
  readonly names: ReadonlyMap<string, FieldKind>
  /** Characters of the longest of them: no longer piece of a path is looked up. */
  readonly longest: number
}

/** `own`: the user's paths, which win over the built-in table. */
export function createFieldIndex(own: Readonly<Record<string, FieldKind>>, freeText: boolean): FieldIndex {
  const rules = compile(own)
  const fallback: FieldKind = freeText ? 'text' : 'ignore'
  let nodes = 1

  const resolve = (path: FieldPath): FieldKind => {
    const kind = lookUp(rules, plainPath(path))
    return kind === undefined || (kind === 'text' && !freeText) ? fallback : kind
  }
  const grow = (parent: FieldNode, key: string, whole: FieldPath): FieldNode => {
    const path = clip(whole, MAX_PATH_CHARS)
    const node: FieldNode = {
      path,
      kind: resolve(path),
      closed: isClosed(rules, plainPath(path)),
      children: new Map(),
    }
    if (nodes < MAX_NODES && path === whole) {
      nodes += 1
      parent.children.set(key, node)
    }
    return node
  }
  return {
    root: { path: '', kind: fallback, closed: false, children: new Map() },
    child: (parent, key) =>
      parent.children.get(key) ?? grow(parent, key, parent.path === '' ? key : `${parent.path}.${key}`),
    item: (parent) => parent.children.get(ITEM) ?? grow(parent, ITEM, `${parent.path}${ITEM}`),
  }
}

function compile(own: Readonly<Record<string, FieldKind>>): Rules {
  const exact = new Map<string, FieldKind>()
  const subtree = new Map<string, FieldKind>()
  const names = new Map<string, FieldKind>()
  const put = (pattern: string, kind: FieldKind): void => {
    const path = pattern.toLowerCase()
    if (path.startsWith('*.')) names.set(path.slice(2), kind)
    else if (path.endsWith('.**')) subtree.set(path.slice(0, -3), kind)
    else exact.set(path, kind)
  }
  for (const table of [FIELDS, WCS_FIELDS])
    for (const [kind, patterns] of entriesOf(table)) for (const pattern of patterns) put(pattern, kind)
  for (const [pattern, kind] of Object.entries(own)) put(plainPath(pattern), kind)
  const lengths = [exact, subtree, names].flatMap((rules) => [...rules.keys()].map(({ length }) => length))
  return { exact, subtree, names, longest: Math.max(...lengths) }
}

/** As the rules are written: without array marks, in lower case. */
function plainPath(path: FieldPath): string {
  const plain = path.replaceAll(ITEM, '').toLowerCase()
  return plain.startsWith(LOG) ? `data.${plain.slice(LOG.length)}` : plain
}

/** Whether a path is an ignored subtree in which no other rule has a place of its own. */
function isClosed(rules: Rules, path: string): boolean {
  if (rules.subtree.get(path) !== 'ignore') return false
  const inside = (other: string): boolean => other.startsWith(`${path}.`)
  return ![...rules.exact.keys()].some(inside) && ![...rules.subtree.keys()].some(inside)
}

function entriesOf<Key extends string, Value>(record: Readonly<Partial<Record<Key, Value>>>): [Key, Value][] {
  const entries: [Key, Value][] = []
  for (const key in record) {
    const value = record[key]
    if (value !== undefined) entries.push([key, value])
  }
  return entries
}

/**
 * Longest first: the whole path, the subtrees it lies in, the names it ends with. A key may be a thousand dots: only pieces that a
 * rule may have are tried.
 */
function lookUp(rules: Rules, path: string): FieldKind | undefined {
  const exact = rules.exact.get(path)
  if (exact !== undefined) return exact
  const last = path.length <= rules.longest ? path.length : path.lastIndexOf('.', rules.longest)
  for (let dot = last; dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const kind = rules.subtree.get(path.slice(0, dot))
    if (kind !== undefined) return kind
  }
  const first = path.length <= rules.longest ? -1 : path.indexOf('.', path.length - rules.longest - 1)
  if (first < 0 && path.length > rules.longest) return undefined
  for (let dot = first; dot < path.length;) {
    const kind = rules.names.get(path.slice(dot + 1))
    if (kind !== undefined) return kind
    dot = path.indexOf('.', dot + 1)
    if (dot < 0) break
  }
  return undefined
}
