import { isHexCode } from '../canonical/hash.ts'
import { refang } from '../canonical/refang.ts'
import type { FieldPath } from '../core/observable.ts'
import type { Collector } from './collector.ts'
import type { Scan } from './text-scan.ts'
import { readUrl } from './text-url.ts'
import { isBareDomain, isHashInText, isIpv4InText, isIpv6InText } from './look-alikes.ts'

/** As long as the longest line by default (`maxLineBytes`): only a larger setting can make a text be searched in part. */
const MAX_TEXT = 8 * 1024 * 1024

const HOST = 1

/** Letters, digits, `-`, `_`, `.` make host-like runs; other characters end them. */
const CLASS = new Uint8Array(128)
for (const range of ['az', 'AZ', '09', '--', '__', '..']) {
  for (let code = range.charCodeAt(0); code <= range.charCodeAt(1); code++) CLASS[code] = HOST
}

/** Non-ASCII letters count as host characters (IDN); general punctuation, CJK and full-width forms do not. */
function isHostLetter(code: number): boolean {
  return (
    code >= 0xc0 &&
    !(code >= 0x2000 && code <= 0x206f) &&
    !(code >= 0x3000 && code <= 0x303f) &&
    code < 0xff00
  )
}

function isHostCode(code: number): boolean {
  return code < 128 ? CLASS[code] === HOST : isHostLetter(code)
}

const DOT = 46
const COLON = 58
const AT = 64
const SLASH = 47

/**
 * Searches raw text (a log line, a command, a message) for observables, in one pass and in linear time. A bare word
 * must look right and stand right: see `look-alikes.ts`.
 */
export function searchText(raw: string, where: FieldPath, found: Collector): void {
  const text = refang(raw.length > MAX_TEXT ? raw.slice(0, MAX_TEXT) : raw)
  const scan: Scan = { text, where, found, urlEnd: 0, nested: 0 }
  let dot = text.indexOf('.')
  let colon = text.indexOf(':')
  let at = text.indexOf('@')
  for (let done = 0; dot >= 0 || colon >= 0 || at >= 0;) {
    done = readMark(scan, done, earliest(dot, colon, at))
    if (dot >= 0 && dot < done) dot = text.indexOf('.', done)
    if (colon >= 0 && colon < done) colon = text.indexOf(':', done)
    if (at >= 0 && at < done) at = text.indexOf('@', done)
  }
  searchDigests(scan)
}

/** The first of three positions, -1 standing for none. */
function earliest(a: number, b: number, c: number): number {
  const first = a < 0 || (b >= 0 && b < a) ? b : a
  return first < 0 || (c >= 0 && c < first) ? c : first
}

/**
 * Reads the word around a `.`, `:` or `@`: every observable but a digest has one. Nothing before `done` is looked at
 * again. Returns where to go on.
 */
function readMark(scan: Scan, done: number, mark: number): number {
  const { text } = scan
  let start = mark
  while (start > done && isHostCode(text.charCodeAt(start - 1))) start -= 1
  let end = mark
  while (isHostCode(text.charCodeAt(end))) end += 1
  const code = text.charCodeAt(end)
  if (code === COLON || code === AT) return Math.max(readMarked(scan, start, end), end + 1)
  readWord(scan, start, end)
  return end + 1
}

/** A run that ends at a `:` or an `@` may begin a URL, an IPv6 address or an e-mail address; returns where to go on. */
function readMarked(scan: Scan, start: number, end: number): number {
  const { text } = scan
  if (text.charCodeAt(end) === AT) {
    const after = end > start ? readEmail(scan, start, end) : end
    if (after > end) return after
  } else if (text.charCodeAt(end + 1) === SLASH && text.charCodeAt(end + 2) === SLASH) {
    return readUrl(scan, start, end)
  } else if (end - start <= 4 && mayBeIpv6(text.charCodeAt(end + 1), text.charCodeAt(start))) {
    const after = readIpv6(scan, start)
    if (after > start) return after
  }
  readWord(scan, start, end)
  return end
}

/** Hex digits of an MD5, the shortest digest. */
const MIN_DIGEST = 32

/** Looks at every 32nd character only: a run of 32 hex digits must lie on one of them. */
function searchDigests({ text, where, found }: Scan): void {
  for (let at = MIN_DIGEST - 1; at < text.length; at += MIN_DIGEST) {
    if (!isHexCode(text.charCodeAt(at)) || !(isHexOn(text, at, 1) || isHexOn(text, at, -1))) continue
    let start = at
    while (start > 0 && isHostCode(text.charCodeAt(start - 1))) start -= 1
    while (at < text.length && isHostCode(text.charCodeAt(at))) at += 1
    if (isHashInText(text, start, at)) found.hash(text.slice(start, at), where)
  }
}

/** Of 32 digits around a place, 16 lie on one side of it: three of them are looked at before all. */
function isHexOn(text: string, at: number, side: 1 | -1): boolean {
  return (
    isHexCode(text.charCodeAt(at + 5 * side)) &&
    isHexCode(text.charCodeAt(at + 11 * side)) &&
    isHexCode(text.charCodeAt(at + 16 * side))
  )
}

/** 45 characters at most (RFC 5952 with an IPv4 tail), and one to see that it ends. */
const MAX_IPV6 = 46

/** Fewer colons make a time (`08:00:00`) or a port, and no IPv6 address that is worth finding in running text. */
const MIN_COLONS = 3

function readIpv6({ text, where, found }: Scan, start: number): number {
  let end = start
  let colons = 0
  let dotted = false
  for (
    let code = text.charCodeAt(end);
    end - start < MAX_IPV6 && isIpv6Code(code);
    code = text.charCodeAt(++end)
  ) {
    if (code === COLON) colons += 1
    else if (code === DOT) dotted = true
  }
  if (colons < MIN_COLONS)
    return dotted || isHostCode(text.charCodeAt(end)) || text.charCodeAt(end) === AT ? start : end
  const token = text.slice(start, end).replace(/[.:]{1,2}$/, (tail) => (tail === '::' ? tail : ''))
  if (!isIpv6InText(text, start, token)) return start
  return found.ip(token, where) ? start + token.length : start
}

/** Judged from the character after the first colon and the first one of all: most colons end a label. */
function mayBeIpv6(next: number, first: number): boolean {
  return (next === COLON || isHexCode(next)) && (first === COLON || isHexCode(first))
}

function isIpv6Code(code: number): boolean {
  return code === COLON || code === DOT || isHexCode(code)
}

/** Characters of a local part beyond host characters, taken back from the @ (RFC 5321 atext, the usual part of it). */
const LOCAL_EXTRA = "+!#$&*/=?^`{|}~'"

function readEmail({ text, where, found }: Scan, start: number, at: number): number {
  let from = start
  while (from > 0 && at - from < 64 && text[from - 1] === '+') {
    from -= 1
    while (from > 0 && isHostCode(text.charCodeAt(from - 1))) from -= 1
  }
  if (
    from > 0 &&
    LOCAL_EXTRA.includes(text[from - 1] ?? ' ') &&
    text[from - 1] !== "'" &&
    text[from - 1] !== '='
  )
    return at
  let end = at + 1
  while (end < text.length && isHostCode(text.charCodeAt(end))) end += 1
  // By hand: an expression that looks for the end takes a square of steps for a run that does not end the word.
  let last = end
  while (last > at + 1 && isTail(text.charCodeAt(last - 1))) last -= 1
  if (!isBareDomain(text, at + 1, last)) return at
  return found.email(text.slice(from, last), where) ? end : at
}

function readWord({ text, where, found }: Scan, start: number, end: number): void {
  let last = end
  while (last > start && isEdge(text.charCodeAt(last - 1))) last -= 1
  let first = start
  while (first < last && isEdge(text.charCodeAt(first))) first += 1
  if (last - first < 4) return
  if (!hasDot(text, first, last)) return
  const tail = text.charCodeAt(last - 1)
  if (tail >= 48 && tail <= 57) {
    if (isIpv4InText(text, first, last)) found.ip(text.slice(first, last), where)
  } else if (isBareDomain(text, first, last)) found.domain(text.slice(first, last), where)
}

/** Looks no further than the word: a search to the end of the text, for every word, would be quadratic. */
function hasDot(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (text.charCodeAt(at) === DOT) return true
  return false
}

/** Punctuation behind a name: `_` is none there. */
function isTail(code: number): boolean {
  return code === 46 || code === 45
}

/** `.`, `-` and `_` at the edge of a run are punctuation, not part of the word. */
function isEdge(code: number): boolean {
  return code === 46 || code === 45 || code === 95
}
