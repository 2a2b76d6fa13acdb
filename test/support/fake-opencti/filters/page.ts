import type { ObjectSource } from '../store/collection.ts'
import type { StoredObject } from '../store/stored.ts'
import { candidatesOf } from './candidates.ts'
import { compile } from './compile.ts'
import type { Matcher } from './compile.ts'
import type { FilterGroup } from './types.ts'

export interface PageQuery {
  readonly filters?: FilterGroup | null
  readonly first?: number | null
  readonly after?: string | null
  readonly orderBy?: string | null
  readonly orderMode?: 'asc' | 'desc' | null
  /** A further condition that is no filter; `name` tells it from others. */
  readonly also?: { readonly name: string; readonly test: Matcher }
}

export interface Connection {
  readonly pageInfo: {
    readonly startCursor: () => string
    readonly endCursor: () => string
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly globalCount: () => number
  }
  readonly edges: readonly { readonly node: StoredObject; readonly cursor: () => string }[]
}

const DEFAULT_PAGE = 500
/** `elasticsearch:max_pagination_result`. */
const LARGEST_PAGE = 5000

/** One page. Above 5000 the size is cut, but `hasNextPage` compares with what was asked: it says no with data left. */
export function page(sources: readonly ObjectSource[], query: PageQuery): Connection {
  const asked = query.first ?? DEFAULT_PAGE
  const size = Math.max(0, Math.min(asked, LARGEST_PAGE))
  const filter = compile(query.filters)
  const { also } = query
  const matcher: Matcher = also === undefined ? filter : (object) => also.test(object) && filter(object)
  const after =
    query.after === null || query.after === undefined || query.after === '' ? undefined : query.after
  const found = candidatesOf(sources, query.filters)?.filter(matcher)
  const cursor = cursorFor(query.orderBy)
  const nodes =
    found === undefined && !query.orderBy
      ? fromSources(sources, { matcher, size, after: standardIdIn(after) })
      : fromList(found ?? everything(sources).filter(matcher), { ...query, size, after })
  return {
    pageInfo: {
      startCursor: () => (nodes[0] === undefined ? '' : cursor(nodes[0])),
      endCursor: () => (nodes.length === 0 ? '' : cursor(nodes.at(-1) ?? nodes[0]!)),
      hasNextPage: nodes.length > 0 && nodes.length === asked,
      hasPreviousPage: after !== undefined,
      globalCount: () => found?.length ?? countOf(sources, matcher, nameOf(query)),
    },
    edges: nodes.map((node) => ({ node, cursor: () => cursor(node) })),
  }
}

function nameOf({ filters, also }: PageQuery): string {
  return JSON.stringify([filters ?? null, also?.name ?? null])
}

function countOf(sources: readonly ObjectSource[], matcher: Matcher, name: string): number {
  return sources.reduce((sum, source) => sum + source.count(matcher, name), 0)
}

function everything(sources: readonly ObjectSource[]): readonly StoredObject[] {
  return sources.flatMap((source) => [...source.after(undefined)])
}

interface Walk {
  readonly matcher: Matcher
  readonly size: number
  readonly after: string | undefined
}

/** As many as a page takes, by standard id: the sources are walked together, none of them whole. */
function fromSources(
  sources: readonly ObjectSource[],
  { matcher, size, after }: Walk,
): readonly StoredObject[] {
  const walks = sources.map((source) => source.after(after)[Symbol.iterator]())
  const heads = walks.map((walk) => walk.next())
  const nodes: StoredObject[] = []
  while (nodes.length < size) {
    let least = -1
    for (const [place, head] of heads.entries()) {
      if (head.done === true) continue
      const best = heads[least]
      if (best === undefined || best.done === true || head.value.standard_id < best.value.standard_id)
        least = place
    }
    const head = heads[least]
    if (head === undefined || head.done === true) break
    if (matcher(head.value)) nodes.push(head.value)
    const walk = walks[least]
    if (walk !== undefined) heads[least] = walk.next()
  }
  return nodes
}

interface Slice {
  readonly orderBy?: string | null
  readonly orderMode?: 'asc' | 'desc' | null
  readonly size: number
  readonly after: string | undefined
}

function fromList(
  objects: readonly StoredObject[],
  { orderBy, orderMode, size, after }: Slice,
): readonly StoredObject[] {
  const sign = orderMode === 'desc' && orderBy ? -1 : 1
  const sorted = objects.toSorted((a, b) => sign * compareKeys(sortKey(a, orderBy), sortKey(b, orderBy)))
  const last = after === undefined ? undefined : parseCursor(after)
  const start =
    last === undefined ? 0 : sorted.findIndex((each) => sign * compareKeys(sortKey(each, orderBy), last) > 0)
  return start < 0 ? [] : sorted.slice(start, start + size)
}

type SortKey = readonly [value: string | number, standardId: string]

function sortKey(object: StoredObject, orderBy: string | null | undefined): SortKey {
  const value = orderBy ? object[orderBy] : ''
  if (typeof value === 'number' || typeof value === 'string') return [value, object.standard_id]
  return [JSON.stringify(value ?? ''), object.standard_id]
}

function compareKeys(a: SortKey, b: SortKey): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1
  if (a[1] === b[1]) return 0
  return a[1] < b[1] ? -1 : 1
}

/** Opaque to clients, as the search engine's sort values are. */
function cursorFor(orderBy: string | null | undefined): (node: StoredObject) => string {
  return (node) => Buffer.from(JSON.stringify(sortKey(node, orderBy))).toString('base64')
}

function parseCursor(cursor: string): SortKey | undefined {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64').toString()) as SortKey
  } catch {
    return undefined
  }
}

function standardIdIn(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : parseCursor(cursor)?.[1]
}
