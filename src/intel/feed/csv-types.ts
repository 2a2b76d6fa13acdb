import type { IndicatorHint } from '../../canonical/indicator-value.ts'
import { MISP_TYPES, type MispHalves } from './misp-types.ts'

/** Words of type columns besides MISP's: abuse.ch (`ip:port`, `sha256_hash`), AlienVault OTX (`FileHash-MD5`), STIX. */
const WORDS: readonly (readonly [IndicatorHint, words: string])[] = [
  ['ip', 'ip ip:port ip-port ip-address ip-addr address cidr network subnet netblock'],
  ['ipv4', 'ipv4 ipv4-addr ipv4-address ipv4-cidr'],
  ['ipv6', 'ipv6 ipv6-addr ipv6-address ipv6-cidr'],
  ['domain', 'domain domain-name fqdn host hostname host-name'],
  ['url', 'url uri'],
  ['email', 'email email-addr email-address mail'],
  ['hash', 'hash file-hash filehash'],
  ['md5', 'md5 md5-hash filehash-md5 hash-md5 file-md5'],
  ['sha1', 'sha1 sha-1 sha1-hash filehash-sha1 hash-sha1 file-sha1'],
  ['sha256', 'sha256 sha-256 sha256-hash filehash-sha256 hash-sha256 file-sha256'],
  ['sha512', 'sha512 sha-512 sha512-hash filehash-sha512 hash-sha512 file-sha512'],
]

/** Words for what is no value Tripline looks for; a file name such as `invoice.zip` would pass for a domain. */
const OTHERS: ReadonlySet<string> = new Set(
  `as asn attachment btc comment cve email-attachment email-subject file file-name file-path filename filepath imphash
  ja3 ja3s ja4 jarm link mac-address mime-type mutex named-pipe path pdb pehash port process regkey regkey|value
  registry registry-key sha224 sha384 sigma snort ssdeep text tlsh user-agent vulnerability yara`.split(
    /\s+/,
  ),
)

const HALVES: ReadonlyMap<string, MispHalves> = new Map<string, MispHalves>([
  ...MISP_TYPES,
  ...WORDS.flatMap(([hint, words]) => words.split(' ').map((word): [string, MispHalves] => [word, [hint]])),
])

/**
 * What a type word says about its value: how to read it, `unsupported` for what Tripline does not look for, undefined
 * for a word that says nothing (`c2`, `phishing`: such columns are often called type, too).
 */
export function halvesOfTypeWord(word: string): MispHalves | 'unsupported' | undefined {
  const key = word
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, '-')
  return HALVES.get(key) ?? (OTHERS.has(key) ? 'unsupported' : undefined)
}
