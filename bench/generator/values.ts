import { ipv4ToText, specialIpv4 } from '../../src/canonical/ip.ts'
import type { Random } from './random.ts'

/**
 * Values for alerts and values for feeds never meet by accident, so that a run matches exactly what was planted:
 * addresses differ in one bit, names in their suffix; digests are long enough.
 */
export type Realm = 'alert' | 'feed'

const SYLLABLES = [
  'ka',
  'lo',
  'mi',
  'ter',
  'ven',
  'sa',
  'dro',
  'pix',
  'nu',
  'bel',
  'cor',
  'zan',
  'fi',
  'gra',
] as const
const PREFIXES = ['www.', 'cdn.', 'api.', 'mail.', 'static.', 'a1.', '', ''] as const
const SUFFIXES = {
  alert: ['com', 'net', 'org', 'io', 'de'],
  feed: ['info', 'biz', 'top', 'xyz', 'ru'],
} as const
const PATHS = [
  'index.php',
  'login',
  'images/logo.png',
  'v2/items',
  'update.bin',
  'search?q=a',
  'js/app.min.js',
] as const
const FEED_BIT = 0x100

/** An IPv4 address outside every special-use range. */
export function newIpv4(random: Random, realm: Realm): string {
  for (;;) {
    const bits = random.int(0x1_0000_0000)
    const value = (realm === 'feed' ? bits | FEED_BIT : bits & ~FEED_BIT) >>> 0
    if (value >>> 24 > 0 && specialIpv4(value) === undefined) return ipv4ToText(value)
  }
}

export function newDomain(random: Random, realm: Realm): string {
  let name: string = random.pick(PREFIXES)
  for (let i = 2 + random.int(3); i > 0; i--) name += random.pick(SYLLABLES)
  return `${name}${random.int(10_000)}.${random.pick(SUFFIXES[realm])}`
}

export function newUrl(random: Random, realm: Realm): string {
  const scheme = random.chance(0.6) ? 'https' : 'http'
  return `${scheme}://${newDomain(random, realm)}/${random.hex(6)}/${random.pick(PATHS)}`
}

const DIGEST_LENGTH = { md5: 32, sha1: 40, sha256: 64 } as const
export type DigestType = keyof typeof DIGEST_LENGTH

export function newDigest(random: Random, type: DigestType): string {
  return random.hex(DIGEST_LENGTH[type])
}

/** Shares of a real mixed feed. */
const FEED_SHARES = { ipv4: 0.4, domain: 0.25, url: 0.15 } as const

/** One indicator of a mixed feed: 40 % addresses, 25 % names, 15 % URLs, 20 % digests. */
export function newIndicator(random: Random): string {
  const share = random.int(1000) / 1000
  if (share < FEED_SHARES.ipv4) return newIpv4(random, 'feed')
  if (share < FEED_SHARES.ipv4 + FEED_SHARES.domain) return newDomain(random, 'feed')
  if (share < FEED_SHARES.ipv4 + FEED_SHARES.domain + FEED_SHARES.url) return newUrl(random, 'feed')
  return newDigest(random, random.pick(['md5', 'sha1', 'sha256']))
}
