import type { FactValue } from '../../core/pattern-facts.ts'
import type { Literal } from './ast.ts'
import { readBase64, readHex, readTime } from './literals.ts'

export interface ComparedAt {
  readonly path: string
  /** Texts are compared without case. */
  readonly folded: boolean
}

/**
 * Below, at or above 0 as the value is less than, equal to or greater than the literal. `other`: of another kind, so neither.
 * Undefined: it should have been of that kind and is not readable as such.
 */
export function compareValue(
  value: FactValue,
  literal: Literal,
  at: ComparedAt,
): number | 'other' | undefined {
  if (literal.kind === 'number') return compareNumber(value, literal.value)
  if (literal.kind === 'boolean') return compareFlag(value, literal.value)
  if (typeof value !== 'string') return 'other'
  if (literal.kind === 'text') return compareText(value, literal.value, at)
  if (literal.kind === 'binary') return compareBytes(value, literal.value, at)
  const time = readTime(value)
  return time === undefined ? undefined : compare(time, literal.value)
}

function compareNumber(value: FactValue, literal: number): number | 'other' {
  const number = typeof value === 'string' ? readNumber(value) : value
  return typeof number === 'number' ? number - literal : 'other'
}

function compareFlag(value: FactValue, literal: boolean): number | 'other' {
  const text = String(value).toLowerCase()
  return text === 'true' || text === 'false' ? Number(text === 'true') - Number(literal) : 'other'
}

/** Wazuh's decoders give nearly all numbers as text. */
function readNumber(text: string): number | undefined {
  return text.length <= 40 && /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/.test(text) ? Number(text) : undefined
}

function compareText(
  value: string,
  literal: string,
  { path, folded }: ComparedAt,
): number | 'other' | undefined {
  const bytes = bytesOf(path, value)
  if (bytes === undefined) return undefined
  if (isBinary(path) && !isAscii(literal)) return 'other'
  return folded ? compare(bytes.toLowerCase(), literal.toLowerCase()) : compare(bytes, literal)
}

/** Bytes are compared with text of ASCII only (§9.3.1). */
function compareBytes(value: string, literal: string, { path }: ComparedAt): number | 'other' | undefined {
  const bytes = bytesOf(path, value)
  if (bytes === undefined) return undefined
  return isBinary(path) || isAscii(bytes) ? compare(bytes, literal) : 'other'
}

/** STIX stores bytes as text in properties of such names (§2.1, §2.7). */
function isBinary(path: string): boolean {
  return path.endsWith('_bin') || path.endsWith('_hex')
}

/** The value of a property, decoded where it stands for bytes; undefined when it is not encoded so. */
export function bytesOf(path: string, value: string): string | undefined {
  if (path.endsWith('_bin')) return readBase64(value)
  return path.endsWith('_hex') ? readHex(value) : value
}

function isAscii(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- the whole ASCII range is meant
  return /^[\x00-\x7f]*$/.test(text)
}

function compare(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
