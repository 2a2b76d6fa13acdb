export const OBSERVABLE_TYPES = [
  'ipv4',
  'ipv6',
  'domain',
  'url',
  'email',
  'md5',
  'sha1',
  'sha256',
  'sha512',
] as const
export type ObservableType = (typeof OBSERVABLE_TYPES)[number]

/** Identity in caches, indexes and suppression: `<type>:<canonical value>`. */
export type ObservableKey = `${ObservableType}:${string}`

/** A dotted path inside the alert as analysts write it: `data.win.eventdata.hashes`, `data.answers[].rdata`. */
export type FieldPath = string

/** Why an observable is never looked up. */
export const EXCLUSIONS = [
  'private',
  'loopback',
  'link-local',
  'multicast',
  'broadcast',
  'unspecified',
  'documentation',
  'reserved',
  'empty-file',
  'allow-list',
] as const
export type Exclusion = (typeof EXCLUSIONS)[number]

/** Something seen in an alert that intelligence may know. */
export interface Observable {
  readonly type: ObservableType
  /** Canonical: the only form ever compared or stored. */
  readonly value: string
  /** Every field path it was seen at, never empty. */
  readonly where: readonly [FieldPath, ...FieldPath[]]
  /** Set for special-use addresses (IANA registries, RFC 6890): extracted and shown, never looked up. */
  readonly special?: Exclusion
  /** True for the host of a URL that was seen nowhere else in the alert: matched through its URL, not by itself. */
  readonly derived?: true
}

export function observableKey(observable: { type: ObservableType; value: string }): ObservableKey {
  return `${observable.type}:${observable.value}`
}
