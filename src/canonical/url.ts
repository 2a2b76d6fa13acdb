import type { Exclusion } from '../core/observable.ts'
import { canonicalHostname } from './domain.ts'
import { canonicalIp, ipv4ToNumber } from './ip.ts'

export interface CanonicalUrl {
  /** WHATWG serialisation without user information, fragment and default port, needless percent-encoding undone. */
  readonly value: string
  readonly host: string
  readonly hostType: 'ipv4' | 'ipv6' | 'name'
  /** Set when the host is a special-use address or `localhost`. */
  readonly special?: Exclusion
}

const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'ftp:', 'ws:', 'wss:'])
const MAX_URL = 8192

/** An absolute http, https, ftp, ws or wss URL → canonical; undefined otherwise. Refang first: see `refang`. */
export function canonicalUrl(text: string): CanonicalUrl | undefined {
  if (text.length < 10 || text.length > MAX_URL || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (!SCHEMES.has(url.protocol) || url.hostname === '') return undefined
  url.hash = ''
  // Servers ignore it, phishing hides the host behind it, and it may be a password.
  url.username = ''
  url.password = ''
  const ip = canonicalIp(url.hostname)
  if (ip !== undefined) {
    if (ip.type === 'ipv4' && url.hostname.startsWith('[')) url.hostname = ip.value
    const base = { value: withPlainOctets(url.href), host: ip.value, hostType: ip.type }
    return ip.special === undefined ? base : { ...base, special: ip.special }
  }
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1)
  const host = canonicalHostname(url.hostname)
  if (host === undefined) return undefined
  const base = { value: withPlainOctets(url.href), host, hostType: 'name' } as const
  return host === 'localhost' ? { ...base, special: 'loopback' } : base
}

/** RFC 3986 §6.2.2: letters, digits and `-._~` need no encoding, and the hex digits of the others are upper case. */
function withPlainOctets(href: string): string {
  if (!href.includes('%')) return href
  return href.replaceAll(/%[0-9a-f]{2}/gi, (octet) => {
    const char = String.fromCharCode(Number.parseInt(octet.slice(1), 16))
    return /[A-Za-z0-9._~-]/.test(char) ? char : octet.toUpperCase()
  })
}

const LEFT_BRACKET = 0x5b

/** The host of a canonical URL, as domain or address; IPv6 without its brackets. */
export function urlHost(value: string): {
  readonly type: 'domain' | 'ipv4' | 'ipv6'
  readonly value: string
} {
  const authority = value.indexOf('://') + 3
  const slash = value.indexOf('/', authority)
  const pathStart = slash < 0 ? value.length : slash
  // `@` in a user name is written %40, so that the first one ends it.
  const at = value.indexOf('@', authority)
  const start = at >= 0 && at < pathStart ? at + 1 : authority
  if (value.charCodeAt(start) === LEFT_BRACKET) {
    return { type: 'ipv6', value: value.slice(start + 1, value.indexOf(']', start)) }
  }
  const colon = value.indexOf(':', start)
  const host = value.slice(start, colon >= 0 && colon < pathStart ? colon : pathStart)
  return { type: ipv4ToNumber(host) === undefined ? 'domain' : 'ipv4', value: host }
}

/** At most this many `/` borders of one URL are looked up; a longer path is matched by its first ones. */
export const MAX_BORDERS = 32

/**
 * The canonical URLs that are a path prefix of `value` on a `/` border on the same scheme, host and port, longest
 * first, `value` itself left out: `http://h/a/b?x` → `http://h/a/b`, `http://h/a/`, `http://h/a`, `http://h/`.
 */
export function urlPrefixes(value: string): readonly string[] {
  const start = value.indexOf('/', value.indexOf('://') + 3)
  if (start < 0) return []
  const query = value.indexOf('?', start)
  const path = query < 0 ? value : value.slice(0, query)
  const prefixes: string[] = []
  for (
    let slash = start;
    slash >= 0 && prefixes.length < 2 * MAX_BORDERS;
    slash = path.indexOf('/', slash + 1)
  ) {
    if (slash > start) prefixes.push(path.slice(0, slash))
    prefixes.push(path.slice(0, slash + 1))
  }
  prefixes.push(path)
  return [...new Set(prefixes)].filter((prefix) => prefix !== value).toReversed()
}
