const MAX_RETRY_MS = 3_600_000

/** `Retry-After` in milliseconds (RFC 9110, 10.2.3: seconds or a date), at most an hour; undefined when there is none. */
export function retryAfter(headers: Readonly<Record<string, string>>): number | undefined {
  return retryTime(headers['retry-after'], headers)
}

/** The same for the text of any header; a date is compared with the server's own clock. */
export function retryTime(
  value: string | undefined,
  headers: Readonly<Record<string, string>>,
): number | undefined {
  const text = value?.trim()
  if (text === undefined) return undefined
  const sent = Date.parse(headers['date'] ?? '')
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - sent
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_MS)
}
