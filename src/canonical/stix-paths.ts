import type { IndicatorHint } from './indicator-value.ts'

/** STIX writes `SHA-256`; OpenCTI's connectors also write `sha256` and the like. */
const HASHES = ['md5', 'sha1', 'sha256', 'sha512'] as const
const HASHED_OBJECTS = ['file', 'artifact'] as const

/** Object paths whose value is something Tripline looks for, and what it is. `hostname` is an OpenCTI object. */
const OBSERVABLE_PATHS: ReadonlyMap<string, IndicatorHint> = new Map<string, IndicatorHint>([
  ['ipv4-addr:value', 'ipv4'],
  ['ipv6-addr:value', 'ipv6'],
  ['domain-name:value', 'domain'],
  ['hostname:value', 'domain'],
  ['url:value', 'url'],
  ['email-addr:value', 'email'],
  ['email-message:from_ref.value', 'email'],
  ['email-message:sender_ref.value', 'email'],
  ['network-traffic:dst_ref.value', 'auto'],
  ['network-traffic:src_ref.value', 'auto'],
  ...HASHED_OBJECTS.flatMap((object) =>
    HASHES.flatMap((hash): readonly (readonly [string, IndicatorHint])[] => [
      [`${object}:hashes.${hash}`, hash],
      [`${object}:hashes.${hash.replace('sha', 'sha-')}`, hash],
    ]),
  ),
])

/** What the values of an object path are; undefined when Tripline does not look for them. */
export function hintOfPath(path: string): IndicatorHint | undefined {
  return OBSERVABLE_PATHS.get(path)
}

/**
 * Other object paths an alert may tell of, beside what Tripline looks for: STIX 2.1 part 6, those of 2.0 that moved, and two of
 * OpenCTI's. What `folded` says is compared without case: Windows tells no case of names, and whoever writes a pattern cannot
 * know how a program was called.
 */
export const FACT_PATHS = {
  'network-traffic:dst_ref.type': 'exact',
  'network-traffic:src_ref.type': 'exact',
  'domain-name:resolves_to_refs.value': 'folded',
  'email-message:to_refs.value': 'folded',
  'email-message:cc_refs.value': 'folded',
  'file:name': 'folded',
  'file:size': 'exact',
  'file:parent_directory_ref.path': 'folded',
  'directory:path': 'folded',
  'process:command_line': 'folded',
  'process:name': 'folded',
  'process:pid': 'exact',
  'process:cwd': 'folded',
  'process:image_ref.name': 'folded',
  'process:binary_ref.name': 'folded',
  'process:parent_ref.command_line': 'folded',
  'process:parent_ref.name': 'folded',
  'process:parent_ref.image_ref.name': 'folded',
  'process:parent_ref.pid': 'exact',
  'process:creator_user_ref.account_login': 'folded',
  'network-traffic:dst_port': 'exact',
  'network-traffic:src_port': 'exact',
  'network-traffic:protocols': 'folded',
  'network-traffic:extensions.http-request-ext.request_method': 'folded',
  'network-traffic:extensions.http-request-ext.request_value': 'exact',
  'network-traffic:extensions.http-request-ext.request_header.user-agent': 'exact',
  'network-traffic:extensions.http-request-ext.request_header.host': 'folded',
  'user-agent:value': 'exact',
  'user-account:account_login': 'folded',
  'user-account:user_id': 'folded',
  'user-account:display_name': 'folded',
  'windows-registry-key:key': 'folded',
  'windows-registry-key:values.name': 'folded',
  'windows-registry-key:values.data': 'exact',
  'mutex:name': 'folded',
  'email-message:subject': 'exact',
  'x509-certificate:serial_number': 'folded',
  'x509-certificate:issuer': 'folded',
  'x509-certificate:subject': 'folded',
  'x509-certificate:hashes.sha-1': 'folded',
  'software:name': 'folded',
  'software:version': 'exact',
} as const satisfies Record<string, 'exact' | 'folded'>

export type FactPath = keyof typeof FACT_PATHS

function isFactPath(path: string): path is FactPath {
  return Object.hasOwn(FACT_PATHS, path)
}

/** Whether an alert can tell the values of an object path. */
export function isToldPath(path: string): boolean {
  return OBSERVABLE_PATHS.has(path) || isFactPath(path)
}

/** Whether texts of an object path are compared without case. */
export function isFolded(path: string): boolean {
  return isFactPath(path) && FACT_PATHS[path] === 'folded'
}
