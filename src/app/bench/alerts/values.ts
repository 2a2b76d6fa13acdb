import { createHash } from 'node:crypto'
import type { ObservableType } from '../../../core/observable.ts'

/** What one sample alert tells. All of it is set aside for documentation, or made up. */
export interface SampleValues {
  /** RFC 5737: 762 of them in all, so that they come back. */
  readonly ipv4: string
  /** Below 2001:db8::/32 (RFC 3849). */
  readonly ipv6: string
  /** RFC 1918: never looked up. */
  readonly privateIp: string
  /** Below example.com, .net or .org (RFC 2606). */
  readonly domain: string
  readonly url: string
  readonly email: string
  readonly md5: string
  readonly sha1: string
  readonly sha256: string
  readonly agent: number
}

/** One in so many alerts has values that the built-in fakes know. */
const KNOWN_EVERY = 9

/** By type what the fakes know: the mark that `valuesAt` puts into values. Of a URL one spelling only. */
const KNOWN: readonly (readonly [type: ObservableType, form: RegExp])[] = [
  ['ipv6', /^2001:db8:bad:[0-9a-f:]+$/],
  ['domain', /^known-[0-9a-f]{12}\.example\.(?:com|net|org)$/],
  ['url', /^https:\/\/known-[\w.-]+\/[0-9a-f]{8}\/index\.html$/],
  ['email', /^user@known-[\w.-]+$/],
  ['md5', /^0bad0bad[0-9a-f]{24}$/],
  ['sha1', /^0bad0bad[0-9a-f]{32}$/],
  ['sha256', /^0bad0bad[0-9a-f]{56}$/],
]

/** Of a value that the fakes know; undefined for all others. */
export function knownType(value: string): ObservableType | undefined {
  return KNOWN.find(([, form]) => form.test(value))?.[0]
}

const NETWORKS = ['192.0.2', '198.51.100', '203.0.113'] as const
const DOMAINS = ['example.com', 'example.net', 'example.org'] as const

/** The values of one alert: the same for the same seed and number, others for each other number. */
export function valuesAt(seed: number, number: number): SampleValues {
  const hex = createHash('sha512').update(`tripline bench ${seed} ${number}`).digest('hex')
  const byte = (at: number): number => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16)
  const isKnown = number % KNOWN_EVERY === 0
  const mark = isKnown ? '0bad0bad' : ''
  const digest = (from: number, length: number): string => `${mark}${hex.slice(from)}${hex}`.slice(0, length)
  const groups = [hex.slice(0, 4), hex.slice(4, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
  const domain = `${isKnown ? 'known' : 'host'}-${hex.slice(0, 12)}.${DOMAINS[byte(7) % DOMAINS.length] ?? DOMAINS[0]}`
  return {
    ipv4: `${NETWORKS[byte(8) % NETWORKS.length] ?? NETWORKS[0]}.${1 + (byte(9) % 254)}`,
    ipv6: ['2001', 'db8', isKnown ? 'bad' : 'f00', ...groups.map(withoutZeros)].join(':'),
    privateIp: `10.${byte(10)}.${byte(11)}.${1 + (byte(12) % 254)}`,
    domain,
    url: `https://${domain}/${hex.slice(20, 28)}/index.html`,
    email: `user@${domain}`,
    md5: digest(32, 32),
    sha1: digest(48, 40),
    sha256: digest(64, 64),
    agent: 1 + (byte(13) % 50),
  }
}

/** RFC 5952 §4.1. A group of zeros stays, so that nothing is shortened to `::`. */
function withoutZeros(group: string): string {
  return group.replace(/^0+/, '') || '1'
}
