/** The largest year of a four-digit ISO date: 9999-12-31T23:59:59.999Z. */
const MAX_TIME_MS = 253_402_300_799_999

/** `2026-03-09T08:00:00.000Z`; undefined for a time that has no such form. */
export function isoTime(ms: number): string | undefined {
  return ms >= 0 && ms <= MAX_TIME_MS ? new Date(ms).toISOString() : undefined
}

/** The time of an alert, undefined when it has none (0 stands for that, see `Alert.time`). */
export function alertTime(ms: number): string | undefined {
  return ms === 0 ? undefined : isoTime(ms)
}
