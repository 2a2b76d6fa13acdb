import type { StoredObject } from '../store/stored.ts'

/** What a filter may name. A key of any type is accepted for every list. */
const KEYS: ReadonlySet<string> = new Set(
  `ids standard_id internal_id entity_type parent_types created_at updated_at created modified creator_id confidence revoked lang
   createdBy objectMarking objectLabel externalReferences killChainPhases workflow_id representative
   pattern pattern_type name description aliases valid_from valid_until indicator_types x_opencti_score x_opencti_detection
   x_opencti_main_observable_type x_mitre_platforms x_mitre_id malware_types
   value command_line path attribute_key account_login user_id display_name mime_type url size serial_number
   x_opencti_additional_names x_opencti_description
   fromId toId fromOrToId fromTypes toTypes relationship_type first_seen last_seen attribute_count x_opencti_negative
   start_time stop_time identity_class security_platform_type x_opencti_organization_type definition definition_type
   x_opencti_order color stream_live`
    .split(/\s+/)
    .filter((key) => key !== ''),
)

const ALGORITHMS: ReadonlySet<string> = new Set([
  'MD5',
  'SHA-1',
  'SHA-256',
  'SHA-512',
  'SHA3-256',
  'SHA3-512',
  'SSDEEP',
  'SDHASH',
  'TLSH',
  'LZJD',
])

export function isKnownKey(key: string): boolean {
  return KEYS.has(key) || key.startsWith('hashes.')
}

/** The part of `hashes.X` that the platform does not know, if so. */
export function unknownAlgorithm(key: string): string | undefined {
  if (!key.startsWith('hashes.')) return undefined
  const algorithm = key.slice('hashes.'.length)
  return ALGORITHMS.has(algorithm) ? undefined : algorithm
}

/** Compared as written, not folded. */
export function isIdKey(key: string): boolean {
  return key === 'ids' || key === 'standard_id' || key === 'internal_id'
}

/** What an object has under a filter key; nothing when it has none, or null. */
export function valuesOf(object: StoredObject, key: string): readonly string[] {
  switch (key) {
    case 'ids':
      return [object.id, object.standard_id, ...object.x_opencti_stix_ids]
    case 'internal_id':
      return [object.id]
    case 'entity_type':
      return [object.entity_type, ...object.parent_types]
    case 'createdBy':
      return object.createdBy === null ? [] : idsOf(object.createdBy)
    case 'objectMarking':
      return object.objectMarking.flatMap(idsOf)
    case 'objectLabel':
      return object.objectLabel.flatMap((label) => [...idsOf(label), String(label['value'])])
    case 'externalReferences':
      return object.references.flatMap(idsOf)
    case 'killChainPhases':
      return listOf(object['killChainPhases']).flatMap((phase) => idsOf(phase as StoredObject))
    case 'fromTypes':
      return texts(object['fromType'])
    case 'toTypes':
      return texts(object['toType'])
    case 'fromOrToId':
      return [...texts(object['fromId']), ...texts(object['toId'])]
    case 'creator_id':
    case 'workflow_id':
      return []
    default:
      return key.startsWith('hashes.') ? hashesOf(object, key.slice('hashes.'.length)) : texts(object[key])
  }
}

function idsOf(object: StoredObject): readonly string[] {
  return [object.id, object.standard_id]
}

function hashesOf(object: StoredObject, algorithm: string): readonly string[] {
  return listOf(object['hashes'])
    .map((each) => each as { algorithm: string; hash: string })
    .filter((each) => each.algorithm === algorithm)
    .map(({ hash }) => hash)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : []
}

function texts(value: unknown): readonly string[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value.flatMap(texts)
  return [typeof value === 'string' ? value : JSON.stringify(value)]
}
