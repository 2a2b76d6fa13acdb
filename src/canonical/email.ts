import { canonicalHostname } from './domain.ts'

export interface CanonicalEmail {
  /**
   * Lower case, domain in punycode. RFC 5321 §2.4 lets a server tell the case of a local part; none in use does, and MISP stores
   * addresses in lower case (recorded with 2.5.1), so that case would only hide matches (docs/adr/0014).
   */
  readonly value: string
  readonly domain: string
}

/** RFC 5321 §4.5.3.1: 64 octets before the @. */
const LOCAL = /^[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}$/

/** `a@b.example` → canonical; undefined when it is no address with a domain of two labels or more. */
export function canonicalEmail(text: string): CanonicalEmail | undefined {
  const at = text.lastIndexOf('@')
  if (at < 1 || at > 64 || text.length - at < 4) return undefined
  const local = text.slice(0, at).toLowerCase()
  if (!LOCAL.test(local) || local.startsWith('.') || local.endsWith('.')) return undefined
  const domain = canonicalHostname(text.slice(at + 1))
  return domain === undefined || !domain.includes('.') ? undefined : { value: `${local}@${domain}`, domain }
}
