import { clip, printable } from '../core/text.ts'
import { isoTime } from './times.ts'

/**
 * What a field of an event for Wazuh holds. Lists are for reading only: rules see them as their printed text. Numbers and
 * booleans become texts in Wazuh; only events that have always had them still do.
 */
export type Leaf = string | number | boolean | readonly string[]

export interface ListBounds {
  readonly maxItems: number
  /** Of one item, as JSON. */
  readonly maxBytes: number
}

/**
 * Text as one leaf, at most `maxBytes` long as JSON, undefined when it is empty: Wazuh drops empty texts, but counts them.
 * Control characters and lone surrogates are written out, since analysisd ends a text at U+0000 and takes no event with
 * half a surrogate pair for JSON (recorded: injection-cases-values.jsonl).
 */
export function leafText(text: string | undefined, maxBytes: number): string | undefined {
  if (text === undefined || text === '') return undefined
  const shown = notAList(printable(text, maxBytes))
  return fitted(shown, maxBytes)
}

export function leafList(items: readonly string[] = [], bounds: ListBounds): readonly string[] | undefined {
  const list = items
    .slice(0, bounds.maxItems)
    .map((item) => leafText(item, bounds.maxBytes))
    .filter((item) => item !== undefined)
  return list.length === 0 ? undefined : list
}

export function leafNumber(value: number | undefined): string | undefined {
  return Number.isFinite(value) ? String(value) : undefined
}

/** A number where analysisd prints it as it is, which are those of 32 bits (recorded); any other as text. */
export function leafInteger(value: number | undefined): number | string | undefined {
  return value !== undefined && value === Math.trunc(value) && Math.abs(value) < 2 ** 31
    ? value
    : leafNumber(value)
}

/** A value of an alert, as it is there; undefined for what is no single value. */
export function leafValue(value: unknown, maxBytes: number): Leaf | undefined {
  if (typeof value === 'string') return leafText(value, maxBytes)
  if (typeof value === 'number') return leafInteger(value)
  return typeof value === 'boolean' ? value : undefined
}

export function leafTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : isoTime(ms)
}

/** `true`, or nothing: an absent field is how Wazuh's rules know «no». */
export function leafFlag(value: boolean): string | undefined {
  return value ? 'true' : undefined
}

/** What cJSON takes for the start of a list. A STIX pattern begins with a bracket, too, but with a name behind it. */
const LIST_START = /^\[\s*(?:["\d\-[{\]]|true|false|null)/

/** Analysisd makes an array of a text that reads as one (recorded); in the index that would clash with texts. */
function notAList(text: string): string {
  return LIST_START.test(text) && text.trimEnd().endsWith(']') ? ` ${text}` : text
}

function fitted(text: string, maxBytes: number): string {
  let shown = text
  for (let bytes = jsonBytes(shown); bytes > maxBytes && shown.length > 1; bytes = jsonBytes(shown)) {
    // The ellipsis of `clip` takes 3 bytes.
    const length = Math.min(shown.length - 1, Math.floor((shown.length * (maxBytes - 3)) / bytes))
    shown = clip(shown, Math.max(1, length))
  }
  return shown
}

/** Without the quotes around it. */
function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2
}
