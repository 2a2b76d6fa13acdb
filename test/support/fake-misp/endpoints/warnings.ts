import type { StoredAttribute } from '../store/stored.ts'
import { halves } from '../store/fold.ts'
import type { WarningList, WarningLists } from '../store/warning-lists.ts'

export interface Warning {
  readonly list: WarningList
  readonly value: string
  readonly match: string
}

/** Hits of the enabled lists. Warnings are shown for rows with `to_ids` only; enforcing looks at any. */
export function warningsOf(
  lists: WarningLists,
  row: StoredAttribute,
  rows: 'to_ids' | 'any',
): readonly Warning[] {
  if (rows === 'to_ids' && !row.toIds) return []
  const values = halves(row.type, row.value).filter((half) => half !== '')
  return lists.all
    .filter(({ enabled, types }) => enabled && (types.length === 0 || types.includes(row.type)))
    .flatMap((list) => {
      const hit = values.map((value) => ({ list, value, match: list.match(value) }))
      return hit
        .flatMap(({ match, ...rest }) => (match === undefined ? [] : [{ ...rest, match }]))
        .slice(0, 1)
    })
}

export function warningJson({ list, value, match }: Warning): object {
  return {
    match,
    value,
    warninglist_id: String(list.id),
    warninglist_name: list.name,
    warninglist_category: list.category,
  }
}
