import type { Scan } from './text-scan.ts'

/** What ends a URL in running text: blanks, quotes, angle brackets, control characters, `|`, `^`, `{}` and backquote. */
const URL_END = /[\s"'<>|^{}`\\]/
const SCHEME = /(?:https?|ftp|wss?)$/i
const HOST_END = /[/?#\s"'<>|^{}`\\]/
const MAX_URL = 8192
const MAX_HOST = 256

/** URLs inside one URL that are looked at: redirectors nest two or three, hostile text thousands. */
const MAX_NESTED = 4

/** Reads the URL whose `:` stands at `colon`, its scheme not before `start`; returns where to go on. */
export function readUrl(scan: Scan, start: number, colon: number): number {
  const { text, where, found } = scan
  const scheme = SCHEME.exec(text.slice(Math.max(start, colon - 8), colon))?.[0]
  const rest = colon + 3
  if (scheme === undefined || !isRealHost(text.slice(colon, rest + MAX_HOST))) return rest
  if (rest < scan.urlEnd) scan.nested += 1
  else scan.nested = 0
  if (scan.nested > MAX_NESTED) return rest
  const tail = text.slice(rest, rest + MAX_URL)
  const stop = tail.search(URL_END)
  const url = trimUrl(`${scheme}://${stop < 0 ? tail : tail.slice(0, stop)}`)
  const after = colon + url.length - scheme.length
  scan.urlEnd = Math.max(scan.urlEnd, after)
  if (found.noise.has(url)) return after
  return found.url(url, where) && !url.includes('://', scheme.length + 3) ? after : rest
}

const TRAILING = '.,;:!?)]*'

/** A full stop or closing bracket that ends the sentence is not part of the URL; a balanced bracket is. */
function trimUrl(url: string): string {
  let end = url.length
  while (end > 0 && TRAILING.includes(url[end - 1] ?? '-')) end -= 1
  if (url[end] !== ')') return url.slice(0, end)
  const body = url.slice(0, end)
  let open = body.split('(').length - body.split(')').length
  while (open > 0 && url[end] === ')') {
    end += 1
    open -= 1
  }
  return url.slice(0, end)
}

/** Redacted hosts (`XX.XX.XX.XX`), templates and single words that are no host name of the net are passed over. */
export function isRealHost(url: string): boolean {
  const authority = url.slice(url.indexOf('://') + 3).split(HOST_END, 1)[0] ?? ''
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  return (host.includes('.') || host.startsWith('[')) && !/(?:^|\.)(?:x+|y+|z+)(?:[.:]|$)/i.test(host)
}
