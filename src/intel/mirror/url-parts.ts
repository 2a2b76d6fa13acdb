/** Where the authority's host lies in a canonical URL: `[start, end)`, without brackets. */
export interface HostSpan {
  readonly start: number
  readonly end: number
  readonly bracketed: boolean
}

/** A canonical URL (WHATWG serialisation of a special scheme) always has `://`, a host and a path. */
export function hostSpan(url: string): HostSpan {
  const authority = url.indexOf('://') + 3
  const slash = url.indexOf('/', authority)
  const pathStart = slash < 0 ? url.length : slash
  // `@` in user names and paths of hosts is written %40, so that the first one ends the user name.
  const at = url.indexOf('@', authority)
  const start = at >= 0 && at < pathStart ? at + 1 : authority
  if (url.charCodeAt(start) === 91) {
    const close = url.indexOf(']', start)
    return { start: start + 1, end: close < 0 ? pathStart : close, bracketed: true }
  }
  const colon = url.indexOf(':', start)
  return { start, end: colon >= 0 && colon < pathStart ? colon : pathStart, bracketed: false }
}
