import type { Exclusion, FieldPath, Observable, ObservableType } from '../core/observable.ts'

interface Found {
  readonly type: ObservableType
  readonly value: string
  readonly where: [FieldPath, ...FieldPath[]]
  readonly special?: Exclusion
  derived?: true
}

/** The observables of one alert, each (type, value) once, with every place it was seen. */
export interface Findings {
  add(type: ObservableType, value: string, where: FieldPath, special?: Exclusion): void
  /**
   * Adds the host of a URL. It is marked as derived unless something else names it, too: then the URL speaks for it
   * and it is not matched by itself.
   */
  addHost(type: ObservableType, value: string, where: FieldPath, special?: Exclusion): void
  take(): { readonly observables: readonly Observable[]; readonly dropped: number }
}

/** Most alerts hold a handful of observables: up to here a walk along the list beats an index. */
const SMALL = 24

/** Places kept of one observable: a hostile log can name one value in thousands of fields. */
const MAX_WHERE = 256

export function createFindings(limit: number): Findings {
  let list: Found[] = []
  const index = new Map<string, Found>()
  let dropped = 0

  function known(type: ObservableType, value: string): Found | undefined {
    if (list.length > SMALL) return index.get(`${type}:${value}`)
    for (const found of list) if (found.value === value && found.type === type) return found
    return undefined
  }

  function push(found: Found): void {
    list.push(found)
    if (list.length === SMALL + 1) for (const each of list) index.set(`${each.type}:${each.value}`, each)
    else if (list.length > SMALL) index.set(`${found.type}:${found.value}`, found)
  }

  /** Whether the observable was there before; then only the place is added. */
  function seenAgain(found: Found | undefined, where: FieldPath): found is Found {
    if (found === undefined) return false
    if (found.where.length < MAX_WHERE && !found.where.includes(where)) found.where.push(where)
    return true
  }

  return {
    add: (type, value, where, special) => {
      const found = known(type, value)
      if (seenAgain(found, where)) {
        if (found.derived === true) delete found.derived
      } else if (list.length >= limit) dropped += 1
      else if (special === undefined) push({ type, value, where: [where] })
      else push({ type, value, where: [where], special })
    },
    addHost: (type, value, where, special) => {
      if (seenAgain(known(type, value), where)) return
      if (list.length >= limit) dropped += 1
      else if (special === undefined) push({ type, value, where: [where], derived: true })
      else push({ type, value, where: [where], special, derived: true })
    },
    take: () => {
      const result = { observables: list, dropped }
      list = []
      if (index.size > 0) index.clear()
      dropped = 0
      return result
    },
  }
}
