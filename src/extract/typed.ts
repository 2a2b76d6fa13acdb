import { splitHostPort } from '../canonical/ip.ts'
import { refang } from '../canonical/refang.ts'
import type { FieldPath } from '../core/observable.ts'
import type { Collector } from './collector.ts'
import { encodedCommands } from './encoded.ts'
import type { FieldKind } from './fields.ts'
import { isRedacted, isServicePrincipal } from './look-alikes.ts'
import { isRealHost } from './text-url.ts'
import { searchText } from './text.ts'

export type FieldReader = (text: string, where: FieldPath, found: Collector) => void

/** A typed field longer than this is searched as raw text instead: it is not what the table expects. */
const MAX_TYPED = 8192
const SEPARATORS = /[,;\s|]+/
/** Hex digits of an MD5, the shortest digest. */
const MIN_DIGEST = 32
const OPENING = `"'(<`
const CLOSING = `"')>,`
const ENCODED_URL = /%3a%2f%2f/i

const READERS: Readonly<Record<FieldKind, FieldReader>> = {
  ip: (text, where, found) => eachPart(text, (part) => readIp(part, where, found)),
  host: (text, where, found) =>
    eachPart(text, (part) => readIp(part, where, found) || readDomain(part, where, found)),
  domain: (text, where, found) => eachPart(text, (part) => readDomain(part, where, found)),
  url: readUrl,
  email: readEmail,
  hash: readHash,
  text: searchLog,
  log: searchLog,
  ignore: () => undefined,
  noise: () => undefined,
}

/** The reader for a field's text: raw text for what is too long to be a value. */
export function readField(kind: FieldKind, text: string, where: FieldPath, found: Collector): void {
  if (text.length < 3) return
  if (text.length > MAX_TYPED && kind !== 'ignore' && kind !== 'noise') searchLog(text, where, found)
  else READERS[kind](text, where, found)
}

function eachPart(raw: string, read: (part: string) => void): void {
  if (!raw.includes('.') && !raw.includes(':') && !raw.includes('[')) return
  const text = refang(raw)
  if (!SEPARATORS.test(text)) return read(bare(text))
  for (const part of text.split(SEPARATORS)) if (part.length > 2) read(bare(part))
}

/** Without the quotes and brackets that logs put around values; a bracketed IPv6 address keeps its own. */
function bare(text: string): string {
  const first = text.charCodeAt(0)
  const last = text.charCodeAt(text.length - 1)
  const wrapped =
    (first < 48 && first !== 45) || (last < 48 && last !== 46) || first === 60 || last === 62 || first === 91
  if (!wrapped) return text
  // By hand: an expression that looks for the end takes a square of steps for a run that does not end the value.
  let start = 0
  let end = text.length
  while (start < end && OPENING.includes(text.charAt(start))) start += 1
  while (end > start && CLOSING.includes(text.charAt(end - 1))) end -= 1
  const trimmed = text.slice(start, end)
  return trimmed.startsWith('[') && trimmed.endsWith(']') ? trimmed.slice(1, -1) : trimmed
}

function readIp(part: string, where: FieldPath, found: Collector): boolean {
  if (found.ip(part, where)) return true
  const { host, port } = splitHostPort(part)
  if (port !== undefined) return found.ip(host, where)
  if (!part.includes('(')) return false
  const inner = /^[a-zA-Z]+\(([0-9a-fA-F.:]+)\)$/.exec(part)?.[1]
  return inner !== undefined && found.ip(inner, where)
}

function readDomain(part: string, where: FieldPath, found: Collector): boolean {
  if (part.includes('://')) return isRealHost(part) && found.url(part, where)
  const name = splitHostPort(part.startsWith('*.') ? part.slice(2) : part).host
  const lower = name.toLowerCase()
  return !isServicePrincipal(lower) && !isRedacted(lower) && found.domain(name, where)
}

/** A URL, a URL without scheme, a `host:port` of a CONNECT, or a path that may carry URLs in its query. */
function readUrl(raw: string, where: FieldPath, found: Collector): void {
  const text = refang(raw.trim()).replaceAll('\\=', '=')
  if (/^[a-z]{2,6}:\/\//i.test(text) && !/\s/.test(text)) {
    if (isRealHost(text)) found.url(text, where)
    const inner = text.indexOf('://', 8)
    if (inner > 0 || ENCODED_URL.test(text)) readEmbedded(text.slice(text.indexOf('://') + 3), where, found)
    return
  }
  const host = /^([a-z0-9][a-z0-9.-]*|\[[0-9a-f:.]+\])(:\d{1,5})?(?=\/|$)/i.exec(text)
  if (host?.[1] !== undefined) {
    const isHost = readIp(host[1], where, found) || readDomain(host[1], where, found)
    if (isHost && host[0].length < text.length && !/\s/.test(text)) found.url(`http://${text}`, where)
    if (isHost) return
  }
  readEmbedded(text, where, found)
}

/** URLs inside another text, percent-encoded ones too (RFC 3986 §2.1). */
function readEmbedded(text: string, where: FieldPath, found: Collector): void {
  searchText(text, where, found)
  if (ENCODED_URL.test(text)) searchText(decodePercent(text), where, found)
}

function decodePercent(text: string): string {
  return text.replaceAll(/%([2-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

const ADDRESS = /[^\s<>"',;:()[\]|@]{1,64}@[^\s<>"',;:()[\]|@]{1,255}/g

/** `a@b`, `"Name" <a@b>`, lists of them. What has no @ is a user name, not an address. */
function readEmail(raw: string, where: FieldPath, found: Collector): void {
  if (!raw.includes('@') && !raw.includes('[') && !raw.includes('(')) return
  for (const [address] of refang(raw).matchAll(ADDRESS)) {
    if (!address.endsWith('.gserviceaccount.com')) found.email(address.replace(/[.]+$/, ''), where)
  }
}

const FILE_DIGEST = /^(?:md5|sha-?1|sha-?256|sha-?512|hash|file_?hash)$/i
const LABEL_END = /[=:]/

/** A digest alone, or a list `SHA1=…,MD5=…,SHA256=…,IMPHASH=…`: an import hash is no digest of a file. */
function readHash(text: string, where: FieldPath, found: Collector): void {
  if (text.length < MIN_DIGEST || found.hash(text, where)) return
  let label = ''
  for (const part of text.split(SEPARATORS)) {
    const cut = part.search(LABEL_END)
    if (cut >= 0) label = part.slice(0, cut)
    const digest = cut < 0 ? bare(part) : part.slice(cut + 1)
    if (digest.length < MIN_DIGEST) continue
    if (label === '' || FILE_DIGEST.test(label)) found.hash(digest, where)
    label = ''
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  '#39': "'",
  '#34': '"',
}

function unescape(text: string): string {
  const single = text.includes('\\\\') ? text.replaceAll('\\\\', '\\') : text
  return single.includes('\\=') ? single.replaceAll('\\=', '=') : single
}

/**
 * Raw text, after undoing what loggers do to it: XML entities and doubled backslashes (Windows event channel), `\=`
 * (CEF).
 */
export function searchLog(raw: string, where: FieldPath, found: Collector): void {
  let text = raw
  if (text.includes('&') && text.includes(';')) {
    text = text.replaceAll(
      /&(amp|lt|gt|quot|apos|#39|#34);/g,
      (whole, name: string) => ENTITIES[name] ?? whole,
    )
  }
  if (text.includes('\\')) text = unescape(text)
  searchText(text, where, found)
  if (text.includes('%') && ENCODED_URL.test(text)) searchText(decodePercent(text), where, found)
  for (const script of encodedCommands(text)) searchText(script, where, found)
}
