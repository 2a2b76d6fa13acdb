import type { IndicatorHint } from '../../canonical/indicator-value.ts'

/** What to look for in each half of an attribute's value; null for a half that identifies nothing (port, file name). */
export type MispHalves = readonly (IndicatorHint | null)[]

/**
 * MISP attribute types (list of 2.5) that hold something Tripline looks for. Not here, so counted as unsupported:
 * `link` (a reference, by MISP's own default no indicator), `target-*` (the victim), fingerprints that only look
 * like file digests (`imphash`, `ja3-fingerprint-md5`, `x509-fingerprint-*`), digests of other lengths, host artefacts.
 */
export const MISP_TYPES: ReadonlyMap<string, MispHalves> = new Map<string, MispHalves>([
  ['ip-src', ['ip']],
  ['ip-dst', ['ip']],
  ['ip-src|port', ['ip', null]],
  ['ip-dst|port', ['ip', null]],
  ['domain', ['domain']],
  ['hostname', ['domain']],
  ['hostname|port', ['domain', null]],
  ['domain|ip', ['domain', 'ip']],
  ['url', ['url']],
  ['uri', ['url']],
  ['email', ['email']],
  ['email-src', ['email']],
  ['email-dst', ['email']],
  ['email-reply-to', ['email']],
  ['whois-registrant-email', ['email']],
  ['dns-soa-email', ['email']],
  ['md5', ['md5']],
  ['sha1', ['sha1']],
  ['sha256', ['sha256']],
  ['sha512', ['sha512']],
  ['filename|md5', [null, 'md5']],
  ['filename|sha1', [null, 'sha1']],
  ['filename|sha256', [null, 'sha256']],
  ['filename|sha512', [null, 'sha512']],
  ['malware-sample', [null, 'md5']],
])
