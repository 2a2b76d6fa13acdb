import type { ObservableType } from '../../core/observable.ts'

const ADDRESSES: readonly ObservableType[] = ['ipv4', 'ipv6']

/** MISP's attribute types (2.5, `describeTypes.json`) → what we call it. Others hold nothing that is an observable. */
const OBSERVABLES: Readonly<Record<string, readonly ObservableType[]>> = {
  ip: ADDRESSES,
  'ip-src': ADDRESSES,
  'ip-dst': ADDRESSES,
  domain: ['domain'],
  hostname: ['domain'],
  url: ['url'],
  uri: ['url'],
  link: ['url'],
  email: ['email'],
  'email-src': ['email'],
  'email-dst': ['email'],
  'email-reply-to': ['email'],
  'target-email': ['email'],
  'whois-registrant-email': ['email'],
  'dns-soa-email': ['email'],
  md5: ['md5'],
  sha1: ['sha1'],
  sha256: ['sha256'],
  sha512: ['sha512'],
  'malware-sample': ['md5'],
}

/** What an instance writes for a list that names no types (MISP 2.4 and 2.5). */
const ALL = 'ALL'

/**
 * What a list is for, after its `matching_attributes`, of which each half counts (`domain|ip`). Undefined: for everything, as
 * for MISP when none are named.
 */
export function observablesOf(attributes: readonly string[]): ReadonlySet<ObservableType> | undefined {
  if (attributes.length === 0 || attributes.includes(ALL)) return undefined
  return new Set(attributes.flatMap((type) => type.split('|').flatMap((half) => OBSERVABLES[half] ?? [])))
}
