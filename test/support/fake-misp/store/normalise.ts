import { isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { isComposite } from './fold.ts'

/** What MISP makes of a value on entry (facts: the table «how values are stored»). */
export function normaliseValue(type: string, value: string): string {
  const text = withoutAstral(value)
  if (!isComposite(type)) return normaliseHalf(type, text)
  const joined = type.endsWith('|port') ? withBar(text) : text
  const bar = joined.indexOf('|')
  if (bar < 0) return joined
  const [first = '', second = ''] = type === 'malware-sample' ? ['filename', 'md5'] : type.split('|')
  return `${normaliseHalf(first, joined.slice(0, bar))}|${normaliseHalf(second, joined.slice(bar + 1))}`
}

/** IPv6 is compressed on entry and in searches, in any spelling. Anything else comes back as it is. */
export function compressIPv6(text: string): string {
  const [address = '', prefix] = text.split('/')
  if (!address.includes(':') || !isIPv6(address) || address.includes('%')) return text
  const compressed = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const dotted = address.includes('.') ? mappedForm(compressed) : compressed
  return prefix === undefined ? dotted : `${dotted}/${prefix}`
}

/** inet_ntop writes IPv4-mapped addresses with dots, the URL parser in hexadecimal. */
function mappedForm(address: string): string {
  const parts = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address)
  if (parts === null) return address
  const [high, low] = [parseInt(parts[1] ?? '', 16), parseInt(parts[2] ?? '', 16)]
  return `::ffff:${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}

/** The default connection charset has three bytes a character: an emoji becomes one question mark. */
function withoutAstral(text: string): string {
  return text.replace(/[\u{10000}-\u{10ffff}]/gu, '?')
}

/** `host:port` and `[v6]:port` are accepted for the port types and stored with a bar. */
function withBar(value: string): string {
  if (value.includes('|')) return value
  const bracketed = /^\[(.+)\]:(\d+)$/.exec(value)
  if (bracketed !== null) return `${bracketed[1] ?? ''}|${bracketed[2] ?? ''}`
  const colon = value.lastIndexOf(':')
  return colon < 0 ? value : `${value.slice(0, colon)}|${value.slice(colon + 1)}`
}

const LOWERED = new Set(
  (
    'domain hostname email email-src email-dst md5 sha1 sha224 sha256 sha384 sha512 sha512/224 sha512/256 ' +
    'sha3-224 sha3-256 sha3-384 sha3-512 authentihash imphash pehash vhash telfhash tlsh cdhash ' +
    'ja3-fingerprint-md5 jarm-fingerprint hassh-md5 hasshserver-md5 mac-address mac-eui-64'
  ).split(' '),
)
const FINGERPRINTS = new Set(['x509-fingerprint-md5', 'x509-fingerprint-sha1', 'x509-fingerprint-sha256'])

function normaliseHalf(type: string, value: string): string {
  const text = value.trim()
  switch (type) {
    case 'domain':
    case 'hostname':
      return hostName(text)
    case 'ip-src':
    case 'ip-dst':
    case 'ip':
      return compressIPv6(text.replace(/\/(32|128)$/, ''))
    case 'url':
    case 'link':
    case 'uri':
      return text.replace(/^hxxp/i, 'http').replaceAll('[.]', '.').replaceAll('[:]', ':')
    case 'AS':
      return text.replace(/^as/i, '')
    case 'vulnerability':
      return text.toUpperCase()
    case 'phone-number':
      return text.replace(/[\s()-]/g, '')
    case 'datetime':
      return dateTime(text)
    case 'mac-address':
    case 'mac-eui-64':
      return text.replaceAll('-', ':').toLowerCase()
    default:
      if (FINGERPRINTS.has(type)) return text.replaceAll(':', '').toLowerCase()
      return LOWERED.has(type) ? text.toLowerCase() : text
  }
}

function hostName(text: string): string {
  const bare = text
    .replaceAll('[.]', '.')
    .replace(/^\.+|\.+$/g, '')
    .toLowerCase()
  return /[^\p{ASCII}]/u.test(bare) ? domainToASCII(bare) || bare : bare
}

function dateTime(text: string): string {
  const time = Date.parse(text)
  return Number.isNaN(time) ? text : new Date(time).toISOString().replace(/\.(\d{3})Z$/, '.$1000+0000')
}
