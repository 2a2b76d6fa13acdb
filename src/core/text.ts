/**
 * Marks that turn the direction of text (Unicode, UAX 9), separators some readers split lines at, and the byte order mark:
 * JSON allows them as they are, but they trouble whoever reads the line.
 */
const MARKS = String.raw`\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff`
/** DEL and the C1 controls: a terminal may obey them (ECMA-48), JSON does not escape them. */
const TROUBLESOME = new RegExp(String.raw`[\u007f-\u009f${MARKS}]`, 'g')
/** Every control character, also those JSON escapes, and halves of surrogate pairs. */
const UNPRINTABLE = new RegExp(String.raw`[\p{Cc}\p{Cs}${MARKS}]`, 'gu')

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** JSON, or text whose other control characters are escaped already: nothing in it is obeyed or ends a line for some reader. */
export function plain(text: string): string {
  return text.replace(TROUBLESOME, escaped)
}

/** A value as one line of JSON that is plain text for terminals and line readers. Throws RangeError when nested too deep. */
export function jsonLine(value: object): string {
  return plain(JSON.stringify(value))
}

/** Text from outside for a terminal: nothing in it is obeyed, it stays on its line and within `max` characters. */
export function printable(text: string, max = Number.POSITIVE_INFINITY): string {
  return clip(text, max).replace(UNPRINTABLE, escaped)
}

/** At most `max` UTF-16 units; a longer text ends in `…`. A surrogate pair is not cut in half. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text
  const end = /[\ud800-\udbff]/.test(text.charAt(max - 2)) ? max - 2 : max - 1
  return `${text.slice(0, end)}…`
}
