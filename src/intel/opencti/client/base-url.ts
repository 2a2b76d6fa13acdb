/**
 * The base URL of an OpenCTI from what people write: with or without a slash or `/graphql` at its end, below a path. User
 * information, query and fragment are dropped: tokens go into headers only. Given back without a slash at its end. A text
 * that is no URL comes back as it is.
 */
export function openCtiBaseUrl(text: string): string {
  if (!URL.canParse(text.trim())) return text
  const { origin, pathname } = new URL(text.trim())
  const path = pathname
    .replace(/\/+$/, '')
    .replace(/\/+graphql$/i, '')
    .replace(/\/+$/, '')
  return `${origin}${path}`
}
