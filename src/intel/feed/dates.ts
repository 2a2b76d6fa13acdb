import type { EpochMs } from '../../core/alert.ts'

/** ISO 8601 / RFC 3339 with any part of the time left out; without zone it is UTC, as feeds of this field write. */
const ISO =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d{1,3})\d{0,6})? ?(Z|UTC|[+-]\d{2}:?\d{2})?)?$/i

/** `2026-03-09`, `2026-03-09 08:00:00 UTC`, RFC 3339, Unix seconds (10 digits) or milliseconds (13) → epoch ms. */
export function parseDate(text: string): EpochMs | undefined {
  const trimmed = text.trim()
  if (/^\d{10}$/.test(trimmed)) return Number(trimmed) * 1000
  if (/^\d{13}$/.test(trimmed)) return Number(trimmed)
  const parts = ISO.exec(trimmed)
  if (parts === null) return undefined
  const [, day = '', time = '00:00', fraction = '0', zone = 'Z'] = parts
  const iso = `${day}T${time.length === 5 ? `${time}:00` : time}.${fraction.padEnd(3, '0')}${zoneOf(zone)}`
  const ms = Date.parse(iso)
  return Number.isNaN(ms) ? undefined : ms
}

function zoneOf(zone: string): string {
  if (!/^[+-]/.test(zone)) return 'Z'
  return zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`
}
