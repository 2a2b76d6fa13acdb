import type { StoredObject } from '../store/stored.ts'
import { isIdKey, valuesOf } from './attributes.ts'
import { fold, LONGEST_KEYWORD } from './fold.ts'
import type { Filter, FilterGroup } from './types.ts'

export type Matcher = (object: StoredObject) => boolean

/** A filter group as a question to one object. One without parts lets everything through. */
export function compile(group: FilterGroup | null | undefined): Matcher {
  if (group === null || group === undefined) return () => true
  const parts = [...group.filters.map(compileFilter), ...group.filterGroups.map(compile)]
  if (parts.length === 0) return () => true
  if (group.mode === 'and') return (object) => parts.every((part) => part(object))
  return (object) => parts.some((part) => part(object))
}

function compileFilter({ key: keys, values, operator, mode }: Filter): Matcher {
  const test = TESTS[operator ?? 'eq'] ?? never
  const wanted = values.map(String)
  if (operator === 'nil' || operator === 'not_nil' || wanted.length === 0) {
    return (object) => keys.some((key) => test(valuesOf(object, key), '', key))
  }
  const all = mode === 'and'
  const exact = keys.length === 1 && !isIdKey(keys[0] ?? '')
  if (exact && (operator ?? 'eq') === 'eq' && mode !== 'and') return anyEqual(keys[0] ?? '', wanted)
  return (object) =>
    keys.some((key) => {
      const had = valuesOf(object, key)
      return all
        ? wanted.every((value) => test(had, value, key))
        : wanted.some((value) => test(had, value, key))
    })
}

/** The common case, with the values folded once. */
function anyEqual(key: string, wanted: readonly string[]): Matcher {
  const folded = new Set(wanted.map(fold))
  return (object) =>
    valuesOf(object, key).some((value) => value.length <= LONGEST_KEYWORD && folded.has(fold(value)))
}

type Test = (had: readonly string[], value: string, key: string) => boolean

const equal: Test = (had, value, key) =>
  isIdKey(key)
    ? had.includes(value)
    : had.some((each) => each.length <= LONGEST_KEYWORD && fold(each) === fold(value))
const contains: Test = (had, value) => had.some((each) => fold(each).includes(fold(value)))
const starts: Test = (had, value) => had.some((each) => fold(each).startsWith(fold(value)))
const ends: Test = (had, value) => had.some((each) => fold(each).endsWith(fold(value)))
const never: Test = () => false

function compared(decide: (difference: number) => boolean): Test {
  return (had, value) => had.some((each) => decide(scale(each) - scale(value)))
}

function scale(text: string): number {
  const number = Number(text)
  return Number.isNaN(number) ? Date.parse(text) : number
}

function not(test: Test): Test {
  return (had, value, key) => !test(had, value, key)
}

const TESTS: Readonly<Record<string, Test>> = {
  eq: equal,
  not_eq: not(equal),
  gt: compared((difference) => difference > 0),
  gte: compared((difference) => difference >= 0),
  lt: compared((difference) => difference < 0),
  lte: compared((difference) => difference <= 0),
  contains,
  not_contains: not(contains),
  match: contains,
  search: contains,
  wildcard: contains,
  starts_with: starts,
  not_starts_with: not(starts),
  ends_with: ends,
  not_ends_with: not(ends),
  nil: (had) => had.length === 0,
  not_nil: (had) => had.length > 0,
}
