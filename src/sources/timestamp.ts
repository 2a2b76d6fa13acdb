import type { EpochMs } from '../core/alert.ts'

const MINUTE_MS = 60_000
const [DASH, COLON, DOT, PLUS, LETTER_T, LETTER_Z] = [45, 58, 46, 43, 84, 90]

/** Decimal digits at fixed places; NaN when one of them is none. */
function digits(text: string, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at += 1) {
    const digit = text.charCodeAt(at) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/**
 * The time of an alert: `2026-11-21T10:00:00.123+0530`, as analysisd writes it with the offset without colon
 * (Wazuh 4.14), also with `Z`, `+hh:mm`, no or more fraction digits. 0 when it is not a time. Other shapes go
 * through `Date.parse`, which costs several times more.
 */
export function parseTimestamp(text: string): EpochMs {
  const date = dateAndTime(text)
  if (Number.isNaN(date)) return fallback(text)
  let at = 19
  let millis = 0
  if (text.charCodeAt(at) === DOT) {
    const from = at + 1
    at = from
    while (isDigit(text.charCodeAt(at))) at += 1
    millis = Math.trunc(digits(text, from, Math.min(at, from + 9)) * 10 ** (3 - Math.min(at - from, 9)))
  }
  const zone = zoneMs(text, at)
  return Number.isNaN(zone) ? fallback(text) : date + millis - zone
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

function dateAndTime(text: string): number {
  const shaped =
    text.charCodeAt(4) === DASH &&
    text.charCodeAt(7) === DASH &&
    text.charCodeAt(10) === LETTER_T &&
    text.charCodeAt(13) === COLON &&
    text.charCodeAt(16) === COLON
  if (!shaped) return Number.NaN
  const month = digits(text, 5, 7)
  const day = digits(text, 8, 10)
  const hour = digits(text, 11, 13)
  const minute = digits(text, 14, 16)
  const second = digits(text, 17, 19)
  const valid =
    month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 24 && minute <= 59 && second <= 60
  return valid ? Date.UTC(digits(text, 0, 4), month - 1, day, hour, minute, second) : Number.NaN
}

/** The offset from UTC written at the end of the text, in milliseconds; NaN when there is none or more follows. */
function zoneMs(text: string, at: number): number {
  const sign = text.charCodeAt(at)
  if (sign === LETTER_Z) return text.length === at + 1 ? 0 : Number.NaN
  if (sign !== PLUS && sign !== DASH) return Number.NaN
  const minuteAt = text.charCodeAt(at + 3) === COLON ? at + 4 : at + 3
  if (text.length !== minuteAt + 2) return Number.NaN
  const minutes = digits(text, at + 1, at + 3) * 60 + digits(text, minuteAt, minuteAt + 2)
  return (sign === PLUS ? minutes : -minutes) * MINUTE_MS
}

function fallback(text: string): EpochMs {
  const time = Date.parse(text)
  return Number.isNaN(time) ? 0 : time
}
