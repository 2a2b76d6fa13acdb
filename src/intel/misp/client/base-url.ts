/**
 * The base URL of a MISP from what people write: with or without a slash at its end, the address of the search itself
 * (as the older processor wanted it), below a path. User information, query and fragment are dropped: keys go into headers
 * only. Given back without a slash at its end. A text that is no URL comes back as it is.
 */
export function mispBaseUrl(text: string): string {
  if (!URL.canParse(text.trim())) return text
  const { origin, pathname } = new URL(text.trim())
  const path = pathname
    .replace(/\/+$/, '')
    .replace(/\/+attributes\/+restsearch(?:\.json)?$/i, '')
    .replace(/\/+$/, '')
  return `${origin}${path}`
}
