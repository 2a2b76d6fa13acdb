/**
 * Characters JSON allows as they are, but that trouble whoever reads the line: DEL and C1 controls (a terminal may
 * obey them, ECMA-48), line separators (some readers split lines at them), marks that turn the direction of text.
 */
const TROUBLESOME = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu

/** The largest year of a four-digit ISO date: 9999-12-31T23:59:59.999Z. */
const MAX_TIME_MS = 253_402_300_799_999

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** A value as one line of JSON that is plain text for terminals and line readers. Throws RangeError when nested too deep. */
export function jsonLine(value: object): string {
  return JSON.stringify(value).replace(TROUBLESOME, escaped)
}

/** Text from outside for a terminal: nothing in it is obeyed, it stays on its line and within `max` characters. */
export function printable(text: string, max: number): string {
  return clip(text, max).replace(UNPRINTABLE, escaped)
}

/** At most `max` UTF-16 units; a longer text ends in `…`. A surrogate pair is not cut in half. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text
  const end = /[\ud800-\udbff]/.test(text.charAt(max - 2)) ? max - 2 : max - 1
  return `${text.slice(0, end)}…`
}

/** `2026-03-09T08:00:00.000Z`; undefined for a time that has no such form. */
export function isoTime(ms: number): string | undefined {
  return ms >= 0 && ms <= MAX_TIME_MS ? new Date(ms).toISOString() : undefined
}

/** The time of an alert, undefined when it has none (0 stands for that, see `Alert.time`). */
export function alertTime(ms: number): string | undefined {
  return ms === 0 ? undefined : isoTime(ms)
}
