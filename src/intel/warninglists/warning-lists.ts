import type { IndicatorValue } from '../../canonical/indicator-value.ts'
import { createActions, type ListAction, type ListSettings } from './actions.ts'
import type { WarningList } from './list.ts'
import type { Standing } from './matcher.ts'

/** A list that a value stands on, and what that does. */
export interface WarningHit {
  /** Its name. */
  readonly list: string
  readonly action: ListAction
}

/** All warning-lists in use. */
export interface WarningLists {
  /** Puts the lists of one source, folders or a MISP, in the place of those it gave before: all at once. */
  replace(source: string, lists: readonly WarningList[]): void
  /** Every list a canonical value stands on, each once. For values that matched: too slow for each observable. */
  check(value: IndicatorValue): readonly WarningHit[]
  /** Entries in use, of one source or of all. */
  entries(source?: string): number
}

interface ActiveList {
  readonly list: WarningList
  readonly actionOf: (standing: Standing) => ListAction
}

const NONE: readonly WarningHit[] = []
/** Matches come in storms of the same value. */
const MAX_REMEMBERED = 1000

export function createWarningLists(settings: ListSettings): WarningLists {
  const actionsOf = createActions(settings)
  const sources = new Map<string, readonly ActiveList[]>()
  const remembered = new Map<string, readonly WarningHit[]>()
  return {
    replace: (source, lists) => {
      const active = lists.flatMap((list) => {
        const actionOf = actionsOf(list)
        return actionOf === undefined ? [] : [{ list, actionOf }]
      })
      sources.set(source, active)
      remembered.clear()
    },
    check: (value) => {
      if (sources.size === 0) return NONE
      const key = `${value.type}:${value.value}`
      const known = remembered.get(key)
      if (known !== undefined) return known
      const hits = hitsOf([...sources.values()].flat(), value)
      if (remembered.size >= MAX_REMEMBERED) remembered.clear()
      remembered.set(key, hits)
      return hits
    },
    entries: (only) =>
      [...sources]
        .filter(([source]) => only === undefined || source === only)
        .flatMap(([, active]) => active)
        .reduce((sum, { list }) => sum + list.entries, 0),
  }
}

/** The same list may come from a folder and from a MISP, in two versions: the stricter answer counts. */
function hitsOf(lists: readonly ActiveList[], value: IndicatorValue): readonly WarningHit[] {
  const actions = new Map<string, ListAction>()
  for (const { list, actionOf } of lists) {
    const standing = list.match(value)
    if (standing === undefined || actions.get(list.name) === 'suppress') continue
    actions.set(list.name, actionOf(standing))
  }
  return [...actions].map(([list, action]) => ({ list, action }))
}
