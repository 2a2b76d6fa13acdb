import { canonicalHostname } from './domain.ts'

export interface CanonicalEmail {
  /** Local part as written, domain in lower case and punycode (RFC 5321 §2.4: only the domain folds case). */
  readonly value: string
  readonly domain: string
}

/** RFC 5321 §4.5.3.1: 64 octets before the @. */
const LOCAL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}$/

/** `a@b.example` → canonical; undefined when it is no address with a domain of two labels or more. */
export function canonicalEmail(text: string): CanonicalEmail | undefined {
  const at = text.lastIndexOf('@')
  if (at < 1 || at > 64 || text.length - at < 4) return undefined
  const local = text.slice(0, at)
  if (!LOCAL.test(local) || local.startsWith('.') || local.endsWith('.')) return undefined
  const domain = canonicalHostname(text.slice(at + 1))
  return domain === undefined || !domain.includes('.') ? undefined : { value: `${local}@${domain}`, domain }
}
