/** One entry of a filter. Numbers stay numbers: the database compares them numerically. */
export type Term = string | number

/** A filter of restSearch, taken apart. `never`: it can match nothing. */
export interface Terms {
  readonly or: readonly Term[]
  readonly not: readonly Term[]
  readonly and: readonly Term[]
  readonly never: boolean
}

export type Filter = Readonly<Record<string, unknown>>

const NEVER: Terms = { or: [], not: [], and: [], never: true }

/** PHP's `empty()`: a filter with such a value is lost, and everything is found. */
export function isLost(input: unknown): boolean {
  if (typeof input === 'string') return ['', '0'].includes(input.trim())
  return (
    input === undefined ||
    input === null ||
    input === false ||
    input === 0 ||
    (typeof input === 'object' && Object.keys(input).length === 0)
  )
}

/**
 * A bare string is split at `&&` and `||`; a leading `!` negates, in lists too; in `{"OR": […]}` both are literal.
 * Undefined: the filter is lost.
 */
export function parseTerms(input: unknown): Terms | undefined {
  if (isLost(input)) return undefined
  if (typeof input === 'string') {
    const parts = phpTrim(input)
      .split(/&&|\|\|/)
      .filter((part) => part !== '')
    return parts.length === 0 ? undefined : fromList(parts)
  }
  if (Array.isArray(input)) return fromList(input)
  if (typeof input === 'object' && input !== null) return fromObject(input as Filter)
  return typeof input === 'number' ? fromList([input]) : fromList(['1'])
}

/** PHP's trim also takes a null byte (single__null_byte). */
function phpTrim(text: string): string {
  return text.replace(/^[ \t\n\r\0\v]+|[ \t\n\r\0\v]+$/g, '')
}

function fromList(list: readonly unknown[]): Terms {
  const entries = scalars(list)
  if (entries === undefined) return NEVER
  const negated = entries.filter((entry) => typeof entry === 'string' && entry.startsWith('!'))
  return {
    or: entries.filter((entry) => !negated.includes(entry)),
    not: negated.map((entry) => String(entry).slice(1)),
    and: [],
    never: entries.length === 0,
  }
}

function fromObject(input: Filter): Terms | undefined {
  const keys = Object.keys(input)
  if (keys.every((key) => /^\d+$/.test(key))) return fromList(Object.values(input))
  if (!keys.some((key) => ['OR', 'NOT', 'AND'].includes(key))) return NEVER
  const [or, not, and] = [listOf(input['OR']), listOf(input['NOT']), listOf(input['AND'])]
  if (or === undefined || not === undefined || and === undefined) return NEVER
  return or.length + not.length + and.length === 0 ? undefined : { or, not, and, never: false }
}

function listOf(input: unknown): readonly Term[] | undefined {
  if (input === undefined || input === null) return []
  return scalars(Array.isArray(input) ? input : typeof input === 'object' ? Object.values(input) : [input])
}

/** Nested lists make the whole condition match nothing; `null` is dropped; booleans become texts. */
function scalars(list: readonly unknown[]): readonly Term[] | undefined {
  const kept = list.filter((entry) => entry !== null && entry !== undefined)
  if (kept.some((entry) => typeof entry === 'object')) return undefined
  return kept.map((entry) => {
    if (typeof entry === 'number') return entry
    if (typeof entry === 'boolean') return entry ? '1' : ''
    return textOf(entry)
  })
}

/** Texts and numbers as text; anything else has none. */
export function textOf(input: unknown): string {
  return typeof input === 'string' || typeof input === 'number' ? String(input) : ''
}
