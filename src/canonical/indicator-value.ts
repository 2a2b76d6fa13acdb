import type { ObservableType } from '../core/observable.ts'
import { canonicalDomain } from './domain.ts'
import { canonicalEmail } from './email.ts'
import { canonicalHash } from './hash.ts'
import { canonicalIp, canonicalNetwork, splitHostPort } from './ip.ts'
import { refang } from './refang.ts'
import { canonicalUrl } from './url.ts'

export interface IndicatorValue {
  readonly type: ObservableType
  /** Canonical; for ipv4/ipv6 it may be a network in CIDR form. */
  readonly value: string
}

/** What a provider may say a text is; `auto` infers it. `ip` takes addresses and networks of both families. */
export type IndicatorHint = ObservableType | 'ip' | 'hash' | 'auto'

type Reader = (text: string) => readonly IndicatorValue[]

const NONE: readonly IndicatorValue[] = []

const READERS: Readonly<Record<IndicatorHint, Reader>> = {
  auto: readAny,
  ip: readIp,
  ipv4: (text) => readIp(text).filter(({ type }) => type === 'ipv4'),
  ipv6: (text) => readIp(text).filter(({ type }) => type === 'ipv6'),
  domain: readDomain,
  url: readUrl,
  email: readEmail,
  hash: readHash,
  md5: (text) => readHash(text).filter(({ type }) => type === 'md5'),
  sha1: (text) => readHash(text).filter(({ type }) => type === 'sha1'),
  sha256: (text) => readHash(text).filter(({ type }) => type === 'sha256'),
  sha512: (text) => readHash(text).filter(({ type }) => type === 'sha512'),
}

/**
 * A provider's text → the canonical values to match on; empty when it is none. Usually one value; a URL without
 * scheme (`evil.example/path`) gives its http and its https form.
 */
export function indicatorValues(text: string, hint: IndicatorHint = 'auto'): readonly IndicatorValue[] {
  const clean = refang(text.trim())
  return clean === '' ? NONE : READERS[hint](clean)
}

/** Hostile or careless feeds list `0.0.0.0/0`, which would match every alert. Spamhaus DROP's widest is a /8. */
export function isTooWide({ type, value }: IndicatorValue): boolean {
  if (type !== 'ipv4' && type !== 'ipv6') return false
  const slash = value.indexOf('/')
  return slash >= 0 && Number(value.slice(slash + 1)) < (type === 'ipv4' ? 8 : 16)
}

/** `203.0.113.7/33`, `203.0.113.0/255.255.255.0`: meant as a network, so never a URL with that path. */
const BROKEN_NETWORK = /^[\d.]+\/[\d.]+$/

function readAny(text: string): readonly IndicatorValue[] {
  const hash = readHash(text)
  if (hash.length > 0) return hash
  const ip = readIp(text)
  if (ip.length > 0) return ip
  if (text.includes('://')) return readUrl(text)
  if (text.includes('@')) return readEmail(text)
  if (!text.includes('/')) return readDomain(text)
  return BROKEN_NETWORK.test(text) ? NONE : readUrl(text)
}

function readIp(text: string): readonly IndicatorValue[] {
  const ip = canonicalIp(text) ?? canonicalNetwork(text) ?? canonicalIp(splitHostPort(text).host)
  return ip === undefined ? NONE : [{ type: ip.type, value: ip.value }]
}

/** Block lists write whole zones as `*.evil.example` or `.evil.example`: the name itself, matched with its subdomains. */
function readDomain(text: string): readonly IndicatorValue[] {
  const value = canonicalDomain(splitHostPort(text.replace(/^\*?\./, '')).host)
  return value === undefined ? NONE : [{ type: 'domain', value }]
}

/** RFC 3986, 3.1. Open redirectors have a whole URL behind their own: `evil.example/go?to=https://shop.example`. */
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i

function readUrl(text: string): readonly IndicatorValue[] {
  if (SCHEME.test(text)) {
    const url = canonicalUrl(text)
    return url === undefined ? NONE : [{ type: 'url', value: url.value }]
  }
  if (!startsWithHost(text)) return NONE
  const http = canonicalUrl(`http://${text}`)
  const https = canonicalUrl(`https://${text}`)
  if (http === undefined || https === undefined) return NONE
  return [
    { type: 'url', value: http.value },
    { type: 'url', value: https.value },
  ]
}

/**
 * Whether a URL without scheme begins with a real host. Judged on the text as written, because the WHATWG parser
 * makes hosts of much: `http:///gate.php` is host `gate.php`, `http://12/05/2026` is host `0.0.0.12`.
 */
function startsWithHost(text: string): boolean {
  const end = text.search(/[/?#\\]/)
  const { host } = splitHostPort(end < 0 ? text : text.slice(0, end))
  return canonicalIp(host) !== undefined || canonicalDomain(host) !== undefined
}

function readEmail(text: string): readonly IndicatorValue[] {
  const email = canonicalEmail(text)
  return email === undefined ? NONE : [{ type: 'email', value: email.value }]
}

function readHash(text: string): readonly IndicatorValue[] {
  const hash = canonicalHash(text)
  return hash === undefined ? NONE : [hash]
}
