import { createHash } from 'node:crypto'

/** The namespace of STIX 2.1, section 2.9, which OpenCTI uses for all its objects. */
const NAMESPACE = Buffer.from('00abedb4aa42466c9c01fed23315a9b7', 'hex')

/** RFC 4122, version 5. */
export function uuid5(name: string): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(name).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** `<type>--<uuid of what makes the object the same one>`: keys sorted, absent ones left out (RFC 8785 for flat texts). */
export function standardId(stixType: string, identity: Readonly<Record<string, unknown>>): string {
  return `${stixType}--${uuid5(canonicalJson(identity))}`
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}

const STIX_TYPES: Readonly<Record<string, string>> = {
  StixFile: 'file',
  Organization: 'identity',
  System: 'identity',
  SecurityPlatform: 'identity',
  Individual: 'identity',
  'Threat-Actor-Group': 'threat-actor',
  'Threat-Actor-Individual': 'threat-actor',
}

/** `IPv4-Addr` → `ipv4-addr`. */
export function stixTypeOf(entityType: string): string {
  return STIX_TYPES[entityType] ?? entityType.toLowerCase()
}

/** `IPv4-Addr` → `IPv4Addr`, as OpenCTI names its GraphQL types. */
export function typenameOf(entityType: string): string {
  return entityType
    .split('-')
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join('')
}

/** What hashes are known as, the strongest claim to identity first (`hashes` of the facts' A5). */
const IDENTIFYING = ['MD5', 'SHA-1', 'SHA-256', 'SHA-512', 'SHA3-256', 'SHA3-512', 'SSDEEP']

export function observableIdentity(
  entityType: string,
  attributes: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const hashes = hashesOf(attributes)
  const first = IDENTIFYING.find((algorithm) => hashes.has(algorithm))
  if (first !== undefined) return { hashes: { [first]: hashes.get(first) } }
  const key =
    IDENTITY_KEYS[entityType] ?? ['value', 'name', 'url'].find((name) => name in attributes) ?? 'value'
  return { [key]: attributes[key] }
}

/** One id for each hash beside the main one, as from 6.7.4. */
export function otherHashIds(
  attributes: Readonly<Record<string, unknown>>,
  mainId: string,
): readonly string[] {
  return [...hashesOf(attributes)]
    .filter(([algorithm]) => IDENTIFYING.includes(algorithm))
    .map(([algorithm, hash]) => standardId('file', { hashes: { [algorithm]: hash } }))
    .filter((id) => id !== mainId)
}

function hashesOf(attributes: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const hashes = (attributes['hashes'] ?? []) as readonly { algorithm: string; hash: string }[]
  return new Map(hashes.map(({ algorithm, hash }) => [algorithm, hash]))
}

const IDENTITY_KEYS: Readonly<Record<string, string>> = {
  Process: 'command_line',
  Directory: 'path',
  'Windows-Registry-Key': 'key',
  'User-Account': 'account_login',
  'X509-Certificate': 'serial_number',
}
