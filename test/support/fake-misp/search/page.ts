import type { Database } from '../store/database.ts'
import type { StoredAttribute } from '../store/stored.ts'
import type { Context } from './filters.ts'
import type { Options } from './options.ts'
import { findRows } from './search.ts'
import type { Filter } from './terms.ts'

export interface Page {
  /** Rows to send, after dropping. */
  readonly rows: readonly StoredAttribute[]
  /** Dropped by warning-lists or decay: they count for the page. */
  readonly skipped: number
  /** `X-Result-Count`, which is no total. */
  readonly count: number
}

export interface PageRules {
  /** Whether a row found is left out of the answer. */
  readonly drops: (row: StoredAttribute) => boolean
  /** A cap of the role or of a fault: fewer rows than the client asked for. */
  readonly cap: number | undefined
}

/**
 * The rows of one page. The count is that of the rows before dropping, and one more when the page sent is full or empty:
 * «there may be more» (paging__*, include__wl_enforce_*).
 */
export function readPage(
  filter: Filter,
  options: Options,
  paging: { context: Context; rules: PageRules },
): Page {
  const { limit = 0 } = options
  const { drops, cap } = paging.rules
  const size = Math.min(limit > 0 ? limit : Infinity, cap ?? Infinity)
  const start = limit > 0 ? (options.page - 1) * size : 0
  const found = sliced(filter, options, { context: paging.context, start, size })
  const rows = found.filter((row) => !drops(row))
  const full = options.limit !== undefined && (rows.length === 0 || rows.length >= size || limit < 0)
  return { rows, skipped: found.length - rows.length, count: found.length + (full ? 1 : 0) }
}

interface Slice {
  readonly context: Context
  readonly start: number
  readonly size: number
}

function sliced(
  filter: Filter,
  options: Options,
  { context, start, size }: Slice,
): readonly StoredAttribute[] {
  const compare = ordering(options.order)
  if (compare !== undefined) {
    return [...findRows(filter, context)].toSorted(compare).slice(start, start + size)
  }
  return readOn(filter, context, { start, size })
}

/** Where the reading of a search stopped: the next page goes on there instead of counting from the start again. */
interface Cursor {
  readonly place: number
  readonly revision: number
  readonly rows: Generator<StoredAttribute>
}

const cursors = new WeakMap<Database, Map<string, Cursor>>()
const MOST_CURSORS = 8

function readOn(
  filter: Filter,
  context: Context,
  { start, size }: Omit<Slice, 'context'>,
): readonly StoredAttribute[] {
  const { database, user } = context
  const known = cursors.get(database) ?? new Map<string, Cursor>()
  cursors.set(database, known)
  const key = JSON.stringify([user.key, { ...filter, page: undefined }])
  const stopped = known.get(key)
  const fits = stopped !== undefined && stopped.place === start && stopped.revision === database.revision
  const rows = fits ? stopped.rows : findRows(filter, context)
  for (let place = fits ? start : 0; place < start; place += 1) if (rows.next().done === true) break
  const page: StoredAttribute[] = []
  while (page.length < size) {
    const next = rows.next()
    if (next.done === true) break
    page.push(next.value)
  }
  known.delete(key)
  if (page.length === size) known.set(key, { place: start + size, revision: database.revision, rows })
  for (const oldest of known.size > MOST_CURSORS ? [...known.keys()].slice(0, 1) : []) known.delete(oldest)
  return page
}

type Compare = (a: StoredAttribute, b: StoredAttribute) => number

const FIELDS: Readonly<Record<string, (row: StoredAttribute) => number | string>> = {
  id: (row) => row.id,
  'attribute.id': (row) => row.id,
  event_id: (row) => row.event.id,
  'attribute.event_id': (row) => row.event.id,
  timestamp: (row) => row.timestamp,
  'attribute.timestamp': (row) => row.timestamp,
  type: (row) => row.type,
  'attribute.type': (row) => row.type,
  value: (row) => row.value,
  'attribute.value': (row) => row.value,
  'event.publish_timestamp': (row) => row.event.publishTimestamp,
}

/** An unknown order is ignored; without one no order is promised, here it is that of the ids. */
function ordering(order: string): Compare | undefined {
  const keys = order.split(',').flatMap((part) => {
    const [name = '', direction = 'asc'] = part.trim().toLowerCase().split(/\s+/)
    const field = FIELDS[name]
    return field === undefined ? [] : [{ field, sign: direction === 'desc' ? -1 : 1 }]
  })
  if (keys.length === 0 || /^(attribute\.)?id( asc)?$/i.test(order.trim())) return undefined
  return (a, b) => {
    for (const { field, sign } of keys) {
      const [x, y] = [field(a), field(b)]
      if (x !== y) return x < y ? -sign : sign
    }
    return a.id - b.id
  }
}
