import { domainToASCII } from 'node:url'
import { parse } from 'tldts'

/** RFC 1035 §2.3.4: 253 characters as text; RFC 5890 lets an IDN be longer before conversion. */
const MAX_DOMAIN = 253
const MAX_TEXT = 1024

/**
 * Lower case, without trailing dot, IDN as punycode; undefined when the text is no host name below a public suffix
 * (https://publicsuffix.org, ICANN section). A name that is itself an ICANN suffix (`co.uk`) is refused. Underscores
 * are allowed: DNS queries carry them.
 */
export function canonicalDomain(text: string): string | undefined {
  if (text.length < 4 || text.length > MAX_TEXT) return undefined
  const name = toAsciiName(text)
  return name !== undefined && hasPublicSuffix(name) ? name : undefined
}

/** The same form for any host name of two labels or more, whatever its suffix: for hosts of URLs and e-mail. */
export function canonicalHostname(text: string): string | undefined {
  if (text.length === 0 || text.length > MAX_TEXT) return undefined
  return toAsciiName(text)
}

function toAsciiName(text: string): string | undefined {
  const bare = text.endsWith('.') ? text.slice(0, -1) : text
  // eslint-disable-next-line no-control-regex -- the whole ASCII range is meant
  const name = /^[\x00-\x7f]*$/.test(bare) ? bare.toLowerCase() : domainToASCII(bare)
  return isHostname(name) ? name : undefined
}

/** Labels of letters, digits, `-` and `_`, none empty, none over 63, not all digits in the last one. */
function isHostname(name: string): boolean {
  if (name.length === 0 || name.length > MAX_DOMAIN) return false
  let label = 0
  let alpha = false
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    if (code === 46) {
      if (label === 0 || name.charCodeAt(i - 1) === 45) return false
      label = 0
      alpha = false
      continue
    }
    const letter = (code >= 97 && code <= 122) || code === 95
    if (!letter && !(code >= 48 && code <= 57) && !(code === 45 && label > 0)) return false
    alpha ||= letter
    if (++label > 63) return false
  }
  return alpha && label > 0 && name.charCodeAt(name.length - 1) !== 45
}

const ICANN = { extractHostname: false, validateHostname: false, mixedInputs: false } as const
const WITH_PRIVATE = { ...ICANN, allowPrivateDomains: true } as const

function hasPublicSuffix(name: string): boolean {
  const parsed = parse(name, ICANN)
  return parsed.isIcann === true && parsed.domain !== null
}

/**
 * The registrable domain, private suffixes counted (`a.evil.github.io` → `evil.github.io`); a name that is itself
 * a private suffix is its own. Input and output are canonical.
 */
export function registrableDomain(name: string): string {
  return parse(name, WITH_PRIVATE).domain ?? name
}

/** Parent names of a canonical name, nearest first, down to its registrable domain: never above it. */
export function parentDomains(name: string): readonly string[] {
  const floor = registrableDomain(name).length
  const parents: string[] = []
  for (
    let dot = name.indexOf('.');
    dot >= 0 && name.length - dot - 1 >= floor;
    dot = name.indexOf('.', dot + 1)
  ) {
    parents.push(name.slice(dot + 1))
  }
  return parents
}
