import type { Observable } from '../../../core/observable.ts'
import { urlSpellings } from '../../lookup/url-spellings.ts'

type Term = Pick<Observable, 'type' | 'value'>

/**
 * The strings to ask MISP for, none empty, the canonical value first. MISP compares without regard to case and stores names,
 * addresses, digests and e-mail addresses in the canonical form; URLs it stores as they were typed. A URL is therefore asked for
 *
 * - in its canonical form;
 * - http and https: with the default port written out, and without the scheme (such an entry stands for both)
 *   where the host is one that can begin an entry;
 * - without the slash, where the path is only that;
 * - with an international name, and letters in its path, in Unicode.
 *
 * URLs typed in other ways (user information, fragment, `..`, needless percent-encoding) are found by the mirror only.
 */
export function mispForms({ type, value }: Term): readonly string[] {
  if (type !== 'url') return [literal(value)]
  return urlSpellings(value, 'with all').map(literal)
}

/** How many values an observable is in a request. */
export function weigh(term: Term): number {
  return mispForms(term).length
}

/** Whether MISP takes a form as a pattern, because `%` is its first or last character. */
export function isPattern(form: string): boolean {
  return form.startsWith('%') || form.endsWith('%')
}

/**
 * A `%` at an end makes an entry a pattern. A trailing one becomes literal when all that is special is escaped; a leading one
 * cannot (`\%…` is compared with its backslash): then more may be found than was asked for (MISP 2.5.1, recorded `escape__*`).
 */
function literal(value: string): string {
  if (!isPattern(value)) return value
  const escaped = value.replaceAll(/[%_\\]/g, String.raw`\$&`)
  return escaped.startsWith(String.raw`\%`) ? escaped.slice(1) : escaped
}
