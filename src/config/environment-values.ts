import { allowKind, type AllowKind } from './values.ts'

/** The text of a variable, read: as it would stand in YAML, or what was expected instead. */
export type Reading =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly expected: string }

export type ReadValue = (text: string) => Reading

/** Anything; what is allowed is left to the setting it stands for. */
export const text: ReadValue = (value) => ({ ok: true, value })

export const list: ReadValue = (value) => {
  const items = splitList(value)
  return items.length > 0 ? { ok: true, value: items } : { ok: false, expected: 'texts separated by commas' }
}

export const feedList: ReadValue = (value) => {
  const paths = splitList(value)
  if (paths.length === 0) return { ok: false, expected: 'paths separated by commas' }
  return { ok: true, value: paths.map((path) => ({ path })) }
}

export const trueOrFalse: ReadValue = (value) => {
  const word = value.toLowerCase()
  if (word === 'true' || word === 'false') return { ok: true, value: word === 'true' }
  return { ok: false, expected: 'true or false' }
}

export const wholeNumber: ReadValue = (value) =>
  /^\d{1,15}$/.test(value)
    ? { ok: true, value: Number(value) }
    : { ok: false, expected: 'a whole number, 0 or more' }

/** A bare number of `what`, which in YAML carries the unit `unit`: SUPPRESSION_WINDOW_MINUTES=10 is `10m`. */
export function amount(unit: 's' | 'm' | 'h' | 'MiB', what: string): ReadValue {
  return (value) =>
    /^\d{1,9}(?:\.\d{1,6})?$/.test(value)
      ? { ok: true, value: `${value}${unit}` }
      : { ok: false, expected: `a number of ${what}, 0 or more` }
}

/**
 * A base URL. The older processor was given the address of the search itself
 * (`https://misp.example.org/attributes/restSearch`): its last part is dropped.
 */
export const mispUrl: ReadValue = (value) => ({
  ok: true,
  value: value.replace(/\/attributes\/restSearch\/?$/i, '') || value,
})

/** Values, networks and domains in any order, told apart by their form. */
export const allowList: ReadValue = (value) => {
  const lists: Record<AllowKind, string[]> = { values: [], networks: [], domains: [] }
  for (const item of splitList(value)) {
    const kind = allowKind(item)
    if (kind === undefined)
      return {
        ok: false,
        expected: 'addresses, networks, domains, URLs, e-mail addresses or hashes, separated by commas',
      }
    lists[kind].push(item)
  }
  return { ok: true, value: lists }
}

function splitList(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
