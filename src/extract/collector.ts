import { canonicalDomain } from '../canonical/domain.ts'
import { canonicalEmail } from '../canonical/email.ts'
import { canonicalHash } from '../canonical/hash.ts'
import { canonicalIp, type CanonicalIp } from '../canonical/ip.ts'
import { canonicalUrl, type CanonicalUrl } from '../canonical/url.ts'
import { memoize } from '../core/memo.ts'
import type { FieldPath, Observable } from '../core/observable.ts'
import { createFindings, type Findings } from './findings.ts'

/** Answers of the canonical functions for texts seen before: alerts repeat their hosts, URLs and IPv6 addresses. */
const CACHE_ENTRIES = 4096
const MAX_CACHED_TEXT = 256

/** Long texts are not worth remembering. */
function remembered<Value>(canonical: (text: string) => Value): (text: string) => Value {
  const memo = memoize(canonical, CACHE_ENTRIES)
  return (text) => (text.length > MAX_CACHED_TEXT ? canonical(text) : memo(text))
}

/** Judges texts and gathers what is an observable. `where` is the field the text stood in. */
export interface Collector {
  /** Each returns whether the text was such an observable. */
  ip(text: string, where: FieldPath): boolean
  domain(text: string, where: FieldPath): boolean
  url(text: string, where: FieldPath): boolean
  email(text: string, where: FieldPath): boolean
  hash(text: string, where: FieldPath): boolean
  /** Values that are no observables of this alert when raw text repeats them. */
  readonly noise: Set<string>
  /** Hands the findings over and starts afresh. `dropped` counts those beyond the limit. */
  take(): { readonly observables: readonly Observable[]; readonly dropped: number }
}

/** Long-lived and reused for every alert: its caches are the point. */
export function createCollector(limit: number): Collector {
  const findings = createFindings(limit)
  const noise = new Set<string>()
  const ipv6Of = remembered(canonicalIp)
  const ipOf = (text: string): CanonicalIp | undefined =>
    text.includes(':') ? ipv6Of(text) : canonicalIp(text)
  const domainOf = remembered(canonicalDomain)
  const urlOf = remembered(canonicalUrl)
  return {
    ip: (text, where) => {
      const ip = noise.has(text) ? undefined : ipOf(text)
      if (ip === undefined) return false
      findings.add(ip.type, ip.value, where, ip.special)
      return true
    },
    domain: (text, where) => {
      const value = noise.has(text) ? undefined : domainOf(text)
      if (value === undefined) return false
      findings.add('domain', value, where)
      return true
    },
    url: (text, where) => {
      const url = noise.has(text) ? undefined : urlOf(text)
      if (url === undefined) return false
      findings.add('url', url.value, where, url.special)
      if (url.hostType !== 'name' || domainOf(url.host) !== undefined) addHost(findings, url, where)
      return true
    },
    email: (text, where) => {
      const email = canonicalEmail(text)
      if (email === undefined) return false
      findings.add('email', email.value, where)
      return true
    },
    hash: (text, where) => {
      const hash = canonicalHash(text)
      if (hash === undefined) return false
      findings.add(hash.type, hash.value, where)
      return true
    },
    noise,
    take: () => {
      if (noise.size > 0) noise.clear()
      return findings.take()
    },
  }
}

function addHost(findings: Findings, url: CanonicalUrl, where: FieldPath): void {
  const type = url.hostType === 'name' ? 'domain' : url.hostType
  findings.addHost(type, url.host, where, url.special)
}
