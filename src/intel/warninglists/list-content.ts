import { z } from 'zod'
import { isRecord, type JsonObject } from '../../core/json.ts'
import { listHead, viewedList, type ListHead } from './schema.ts'

/** A list as it was read: what it says of itself, and its entries, which nobody has looked at yet. */
export interface ListContent {
  readonly head: ListHead
  readonly entries: readonly unknown[]
}

/** The content, or what is wrong with it in one sentence. */
export type ReadContent =
  | { readonly kind: 'content'; readonly content: ListContent }
  | { readonly kind: 'other'; readonly problem: string }

/**
 * Reads the parsed JSON of a list: `list.json` of the public collection (texts, or an object of value → comment), and what an
 * instance answers at `/warninglists/export` and `/warninglists/view`.
 */
export function readContent(json: unknown): ReadContent {
  const flat = flattened(json)
  const entries = flat === undefined ? undefined : entriesOf(flat['list'])
  if (flat === undefined || entries === undefined) return { kind: 'other', problem: 'It is no warning-list' }
  const head = listHead.safeParse(flat)
  return head.success
    ? { kind: 'content', content: { head: head.data, entries } }
    : { kind: 'other', problem: `It is a damaged warning-list: ${z.prettifyError(head.error)}` }
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

function entriesOf(list: unknown): readonly unknown[] | undefined {
  if (isList(list)) return list
  if (!isRecord(list)) return undefined
  // PHP mixes both: entries without a comment are numbered then.
  return Object.entries(list).map(([key, comment]) => (/^\d+$/.test(key) ? comment : key))
}

/** Any of the shapes as that of the public collection. */
function flattened(json: unknown): JsonObject | undefined {
  if (!isRecord(json)) return undefined
  const inner = json['Warninglist']
  if (!isRecord(inner)) return json
  const viewed = viewedList.safeParse(json)
  if (!viewed.success) return inner
  const { WarninglistEntry: rows, WarninglistType: types } = viewed.data.Warninglist
  return {
    ...inner,
    list: rows.map((row) => (isRecord(row) ? row['value'] : undefined)),
    matching_attributes: types.map(({ type }) => type),
  }
}
