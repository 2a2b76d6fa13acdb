import type { ObservableType } from '../../core/observable.ts'

/** Object paths of STIX 2.1 that hold a value of a type. A name may stand as either of two (OpenCTI has its own `hostname`). */
const PATHS: Readonly<Record<ObservableType, readonly [string, ...string[]]>> = {
  ipv4: ['ipv4-addr:value'],
  ipv6: ['ipv6-addr:value'],
  domain: ['domain-name:value', 'hostname:value'],
  url: ['url:value'],
  email: ['email-addr:value'],
  md5: ['file:hashes.MD5'],
  sha1: [`file:hashes.'SHA-1'`],
  sha256: [`file:hashes.'SHA-256'`],
  sha512: [`file:hashes.'SHA-512'`],
}

/** The patterns of one comparison that an indicator for this value has. */
export function patternsOf(type: ObservableType, value: string): readonly string[] {
  // STIX 2.1, 9.2: a quote and a backslash are escaped by a backslash.
  const literal = value.replaceAll(/['\\]/g, String.raw`\$&`)
  return PATHS[type].map((path) => `[${path} = '${literal}']`)
}
