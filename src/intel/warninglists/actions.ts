import type { Standing } from './matcher.ts'

/** What a hit on a warning-list does to a match: hold it back, or say the name of the list. */
export type ListAction = 'suppress' | 'annotate'

/**
 * `suppress-listed`: only what the list names itself; names below it are annotated, anybody may have one. Also for lists that
 * compare strings today (`tlds`, `google`): as a list of host names they would hide every site of a public suffix or a cloud.
 */
type DefaultAction = ListAction | 'suppress-listed'

/** What the user has decided, by name or folder name of lists. */
export interface ListSettings {
  readonly suppress: readonly string[]
  readonly annotate: readonly string[]
  readonly ignore: readonly string[]
}

interface NamedList {
  readonly name: string
  readonly folder?: string
  readonly isOwn: boolean
}

/**
 * Lists of the public collection that hold something back by default: folder, name, action. Every other list annotates: ranges
 * of clouds and of content delivery networks, scanners, VPN, dynamic DNS, sinkholes, URL shorteners, blogs about security and
 * the long lists of sites are context. An attacker may sit there, too.
 */
const DEFAULTS: readonly (readonly [folder: string, name: string, action: DefaultAction])[] = [
  ['rfc1918', 'List of RFC 1918 CIDR blocks', 'suppress'],
  ['rfc3849', 'List of RFC 3849 CIDR blocks', 'suppress'],
  ['rfc5735', 'List of RFC 5735 CIDR blocks', 'suppress'],
  ['rfc6598', 'List of RFC 6598 CIDR blocks', 'suppress'],
  ['rfc6761', 'List of RFC 6761 Special-Use Domain Names', 'suppress'],
  ['ipv6-linklocal', 'List of IPv6 link local blocks', 'suppress'],
  ['multicast', 'List of RFC 5771 multicast CIDR blocks', 'suppress'],
  ['public-dns-v4', 'List of known IPv4 public DNS resolvers', 'suppress'],
  ['public-dns-v6', 'List of known IPv6 public DNS resolvers', 'suppress'],
  ['public-dns-hostname', 'List of known public DNS resolvers expressed as hostname', 'suppress-listed'],
  ['empty-hashes', 'List of known hashes for empty files', 'suppress'],
  ['eicar.com', 'List of hashes for EICAR test virus', 'suppress'],
  [
    'common-ioc-false-positive',
    'List of known hashes with common false-positives (based on Florian Roth input list)',
    'suppress',
  ],
  ['ti-falsepositives', 'Hashes that are often included in IOC lists but are false positives.', 'suppress'],
  ['nioc-filehash', 'List of known hashes for benign files', 'suppress'],
  ['windows-binary-hashes', 'List of known hashes for Windows binaries', 'suppress'],
  ['mozilla-CA', 'Fingerprint of trusted CA certificates', 'suppress'],
  ['mozilla-IntermediateCA', 'Fingerprint of known intermediate of trusted certificates', 'suppress'],
  ['crl-ip', 'CRL and OCSP IP addresses', 'suppress'],
  ['crl-hostname', 'CRL and OCSP domains', 'suppress'],
  ['captive-portals', 'Captive Portal Detection Hostnames', 'suppress'],
  ['google', 'List of known google domains', 'suppress-listed'],
  ['microsoft', 'List of known microsoft domains', 'suppress-listed'],
  ['microsoft-office365', 'List of known Office 365 URLs', 'suppress-listed'],
  ['microsoft-office365-ip', 'List of known Office 365 IP address ranges', 'suppress'],
  ['microsoft-office365-cn', 'List of known Office 365 IP address ranges in China', 'suppress'],
  [
    'microsoft-win10-connection-endpoints',
    'List of known Windows 10 connection endpoints',
    'suppress-listed',
  ],
  ['apple', 'List of known Apple IP ranges', 'suppress'],
  ['wikimedia', 'List of known Wikimedia address ranges', 'suppress'],
  ['tlds', 'TLDs as known by IANA', 'suppress-listed'],
  ['second-level-tlds', 'Second level TLDs as known by Mozilla Foundation', 'suppress-listed'],
  ['umbrella-blockpage-v4', 'cisco-umbrella-blockpage-ipv4', 'suppress'],
  ['umbrella-blockpage-v6', 'cisco-umbrella-blockpage-ipv6', 'suppress'],
  ['umbrella-blockpage-hostname', 'cisco-umbrella-blockpage-hostname', 'suppress'],
  ['whats-my-ip', 'List of known domains to know external IP', 'suppress-listed'],
  [
    'findip-host',
    'List of known hostname used for querying your source IP. This can be used as exclusion for your Passive DNS lookup.',
    'suppress-listed',
  ],
  ['bank-website', 'List of known bank domains', 'suppress-listed'],
  ['dax30', 'List of known dax30 webpages', 'suppress-listed'],
  ['digitalside', 'OSINT.DigitalSide.IT Warning List', 'suppress-listed'],
  ['alexa', 'Top 1000 website from Alexa', 'suppress-listed'],
  ['moz-top500', 'Top 500 domains and pages from https://moz.com/top500', 'suppress-listed'],
  ['cisco_top1000', 'Top 1000 websites from Cisco Umbrella', 'suppress-listed'],
  ['cisco_top5k', 'Top 5000 websites from Cisco Umbrella', 'suppress-listed'],
  ['cisco_top10k', 'Top 10 000 websites from Cisco Umbrella', 'suppress-listed'],
  ['cisco_top20k', 'Top 20 000 websites from Cisco Umbrella', 'suppress-listed'],
  ['majestic_million', 'Top 10000 websites from Majestic Million', 'suppress-listed'],
  ['tranco10k', 'Top 10K most-used sites from Tranco', 'suppress-listed'],
]

const BY_NAME: ReadonlyMap<string, DefaultAction> = new Map(
  DEFAULTS.flatMap(([folder, name, action]) => [
    [nameKey(folder), action] as const,
    [nameKey(name), action] as const,
  ]),
)

/** Upper and lower case, and blanks around a name, do not matter. */
function nameKey(name: string): string {
  return name.trim().toLowerCase()
}

/** The names of a list, as settings may have them. */
function namesOf({ name, folder }: Pick<NamedList, 'name' | 'folder'>): readonly string[] {
  return [name, ...(folder === undefined ? [] : [folder])].map(nameKey)
}

function named(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map(nameKey))
}

/** Names in the settings that no list has. */
export function unknownNames(
  settings: ListSettings,
  lists: readonly Pick<NamedList, 'name' | 'folder'>[],
): readonly string[] {
  const known = new Set(lists.flatMap(namesOf))
  const all = [...settings.suppress, ...settings.annotate, ...settings.ignore]
  return [...new Set(all.filter((name) => !known.has(nameKey(name))))]
}

/** What each way of standing on a list does; undefined for a list that is ignored. A list named twice annotates. */
export function createActions(
  settings: ListSettings,
): (list: NamedList) => ((standing: Standing) => ListAction) | undefined {
  const ignored = named(settings.ignore)
  const annotated = named(settings.annotate)
  const suppressed = named(settings.suppress)
  return (list) => {
    const names = namesOf(list)
    if (names.some((name) => ignored.has(name))) return undefined
    if (names.some((name) => annotated.has(name))) return () => 'annotate'
    if (names.some((name) => suppressed.has(name))) return () => 'suppress'
    const known = names.flatMap((name) => BY_NAME.get(name) ?? [])
    const action = known[0] ?? (list.isOwn ? 'suppress' : 'annotate')
    if (action === 'annotate') return () => 'annotate'
    return (standing) =>
      standing === 'whole' || (standing === 'below' && action === 'suppress') ? 'suppress' : 'annotate'
  }
}
