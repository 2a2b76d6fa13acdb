import ipaddr from 'ipaddr.js'
import type { Exclusion } from '../core/observable.ts'

export interface CanonicalIp {
  readonly type: 'ipv4' | 'ipv6'
  /** IPv4 dotted quad, or IPv6 compressed after RFC 5952. */
  readonly value: string
  /** Set when the address lies in a special-use range (IANA registries, RFC 6890). */
  readonly special?: Exclusion
}

/** Special-use IPv4 blocks: IANA «IPv4 Special-Purpose Address Registry» and RFC 5771 (multicast). */
const SPECIAL_IPV4: readonly (readonly [network: string, bits: number, Exclusion])[] = [
  ['0.0.0.0', 8, 'unspecified'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'private'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'documentation'],
  ['192.31.196.0', 24, 'reserved'],
  ['192.52.193.0', 24, 'reserved'],
  ['192.88.99.0', 24, 'reserved'],
  ['192.168.0.0', 16, 'private'],
  ['192.175.48.0', 24, 'reserved'],
  ['198.18.0.0', 15, 'reserved'],
  ['198.51.100.0', 24, 'documentation'],
  ['203.0.113.0', 24, 'documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['255.255.255.255', 32, 'broadcast'],
  ['240.0.0.0', 4, 'reserved'],
]

/** ipaddr.js range names (IANA «IPv6 Special-Purpose Address Registry») → our words. Absent: an ordinary address. */
const SPECIAL_IPV6: Readonly<Record<string, Exclusion>> = {
  unspecified: 'unspecified',
  linkLocal: 'link-local',
  multicast: 'multicast',
  loopback: 'loopback',
  uniqueLocal: 'private',
  ipv4Mapped: 'reserved',
  discard: 'reserved',
  rfc6145: 'reserved',
  rfc6052: 'reserved',
  '6to4': 'reserved',
  teredo: 'reserved',
  benchmarking: 'reserved',
  amt: 'reserved',
  as112v6: 'reserved',
  deprecated: 'reserved',
  orchid2: 'reserved',
  droneRemoteIdProtocolEntityTags: 'reserved',
  deprecatedOrchid: 'reserved',
  segmentRouting: 'reserved',
  deprecatedSiteLocal: 'private',
  reserved: 'documentation',
}

const SPECIAL_BY_OCTET = indexByFirstOctet()

type Ipv4Rule = readonly [network: number, mask: number, Exclusion]

function indexByFirstOctet(): readonly (readonly Ipv4Rule[])[] {
  const index: Ipv4Rule[][] = Array.from({ length: 256 }, () => [])
  for (const [text, bits, exclusion] of SPECIAL_IPV4) {
    const network = ipv4ToNumber(text)
    if (network === undefined) continue
    const mask = maskOf(bits)
    for (let octet = 0; octet < 256; octet++) {
      const octetMask = bits >= 8 ? 0xff : (0xff << (8 - bits)) & 0xff
      if ((octet & octetMask) === ((network >>> 24) & octetMask))
        index[octet]?.push([network, mask, exclusion])
    }
  }
  return index
}

/** The 32-bit mask of a prefix length, unsigned. */
function maskOf(bits: number): number {
  return bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0
}

/** Four decimal octets without leading zeros → unsigned 32-bit number; undefined for anything else. */
export function ipv4ToNumber(text: string): number | undefined {
  if (text.length < 7 || text.length > 15) return undefined
  let value = 0
  let octet = -1
  let dots = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 46) {
      if (octet < 0) return undefined
      value = value * 256 + octet
      octet = -1
      if (++dots > 3) return undefined
    } else if (code >= 48 && code <= 57) {
      if (octet === 0) return undefined
      octet = octet < 0 ? code - 48 : octet * 10 + code - 48
      if (octet > 255) return undefined
    } else return undefined
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : undefined
}

export function ipv4ToText(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
}

/** Which special-use range an IPv4 address (unsigned 32-bit) lies in, if any. */
export function specialIpv4(value: number): Exclusion | undefined {
  for (const [network, mask, exclusion] of SPECIAL_BY_OCTET[value >>> 24] ?? []) {
    if ((value & mask) >>> 0 === network) return exclusion
  }
  return undefined
}

/**
 * `203.0.113.9`, `2001:DB8::1`, `[2001:db8::1]`, `fe80::1%eth0`, `::ffff:203.0.113.9` → canonical; undefined when
 * the text is no address. No port: see `splitHostPort`.
 */
export function canonicalIp(text: string): CanonicalIp | undefined {
  const number = ipv4ToNumber(text)
  if (number !== undefined) return fromIpv4(number, text)
  const colon = text.indexOf(':')
  return colon >= 0 && text.includes(':', colon + 1) ? fromIpv6(text) : undefined
}

/** `value` is the dotted quad of `number`: `ipv4ToNumber` takes only the canonical spelling. */
function fromIpv4(number: number, value: string): CanonicalIp {
  const special = specialIpv4(number)
  return special === undefined ? { type: 'ipv4', value } : { type: 'ipv4', value, special }
}

/** Longest: 39 characters, or 45 with an IPv4 tail, plus brackets and a zone id (RFC 4007, RFC 6874). */
const MAX_IPV6_TEXT = 64

const MAPPED = /^::ffff:(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})$/i

function fromIpv6(text: string): CanonicalIp | undefined {
  const dotted = MAPPED.exec(text)?.[1]
  if (dotted !== undefined) {
    const number = ipv4ToNumber(dotted)
    return number === undefined ? undefined : fromIpv4(number, dotted)
  }
  if (text.length < 2 || text.length > MAX_IPV6_TEXT) return undefined
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  const zone = bare.indexOf('%')
  const address = zone < 0 ? bare : bare.slice(0, zone)
  if (!/^[0-9a-fA-F:.]+$/.test(address) || !ipaddr.IPv6.isValid(address)) return undefined
  const parsed = ipaddr.IPv6.parse(address)
  if (parsed.isIPv4MappedAddress()) {
    const mapped = ipv4ToNumber(parsed.toIPv4Address().toString())
    return mapped === undefined ? undefined : fromIpv4(mapped, ipv4ToText(mapped))
  }
  const special = SPECIAL_IPV6[parsed.range()]
  const value = parsed.toRFC5952String()
  return special === undefined ? { type: 'ipv6', value } : { type: 'ipv6', value, special }
}

/** `2001:db8::1` → `2001:0db8:0000:0000:0000:0000:0000:0001`; a text that is no IPv6 address comes back as it is. */
export function expandedIpv6(text: string): string {
  if (!ipaddr.IPv6.isValid(text)) return text
  const { parts } = ipaddr.IPv6.parse(text)
  return parts.map((part) => part.toString(16).padStart(4, '0')).join(':')
}

export interface CanonicalNetwork {
  readonly type: 'ipv4' | 'ipv6'
  /** CIDR with host bits cleared (`203.0.113.0/24`); a full-length prefix becomes the bare address. */
  readonly value: string
}

/** `203.0.113.7/24` → `203.0.113.0/24`; undefined when the text is no network in CIDR form. */
export function canonicalNetwork(text: string): CanonicalNetwork | undefined {
  const slash = text.indexOf('/')
  if (slash < 0 || !/^\d{1,3}$/.test(text.slice(slash + 1))) return undefined
  const ip = canonicalIp(text.slice(0, slash))
  const bits = Number(text.slice(slash + 1))
  if (ip === undefined || bits > (ip.type === 'ipv4' ? 32 : 128)) return undefined
  if (bits === (ip.type === 'ipv4' ? 32 : 128)) return { type: ip.type, value: ip.value }
  if (ip.type === 'ipv4') {
    const network = ((ipv4ToNumber(ip.value) ?? 0) & maskOf(bits)) >>> 0
    return { type: 'ipv4', value: `${ipv4ToText(network)}/${bits}` }
  }
  const network = ipaddr.IPv6.networkAddressFromCIDR(`${ip.value}/${bits}`)
  return { type: 'ipv6', value: `${network.toRFC5952String()}/${bits}` }
}

/** The 16 bytes of a canonical IPv6 address, or the 4 of an IPv4 address, in network order. */
export function ipBytes(value: string): readonly number[] {
  return ipaddr.parse(value).toByteArray()
}

/** `host`, `host:443`, `[v6]:443`, `v6` → host and, when there was one, port text. Does not judge the host. */
export function splitHostPort(text: string): { readonly host: string; readonly port?: string } {
  if (text.startsWith('[')) {
    const end = text.indexOf(']')
    if (end < 0) return { host: text }
    const rest = text.slice(end + 1)
    return rest.startsWith(':') && isPort(rest.slice(1))
      ? { host: text.slice(1, end), port: rest.slice(1) }
      : { host: rest === '' ? text.slice(1, end) : text }
  }
  const colon = text.indexOf(':')
  if (colon < 0) return { host: text }
  if (text.includes(':', colon + 1)) return mappedWithPort(text) ?? { host: text }
  const port = text.slice(colon + 1)
  return isPort(port) ? { host: text.slice(0, colon), port } : { host: text }
}

/** Office 365 writes `::ffff:203.0.113.9:443`: an IPv4-mapped address with a port and no brackets. */
function mappedWithPort(text: string): { readonly host: string; readonly port: string } | undefined {
  const parts = /^(::ffff:\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})$/i.exec(text)
  return parts?.[1] === undefined || parts[2] === undefined ? undefined : { host: parts[1], port: parts[2] }
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535
}
