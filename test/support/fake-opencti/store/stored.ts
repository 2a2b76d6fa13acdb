/** An object of the platform, named as GraphQL names its fields. Never changed: an edit puts another in its place. */
export interface StoredObject {
  /** Of the GraphQL schema. */
  readonly typename: string
  readonly id: string
  readonly standard_id: string
  readonly entity_type: string
  readonly parent_types: readonly string[]
  readonly x_opencti_stix_ids: readonly string[]
  /** Times are ISO 8601 with milliseconds. */
  readonly created_at: string
  readonly updated_at: string
  readonly created: string
  readonly modified: string
  readonly createdBy: StoredObject | null
  readonly objectMarking: readonly StoredObject[]
  readonly objectLabel: readonly StoredObject[]
  readonly references: readonly StoredObject[]
  readonly [attribute: string]: unknown
}

export interface StoredIndicator extends StoredObject {
  readonly name: string
  readonly pattern: string
  readonly pattern_type: string
  readonly revoked: boolean
  readonly valid_from: string
  readonly valid_until: string | null
  readonly killChainPhases: readonly StoredObject[]
}

/** A relationship or a sighting. */
export interface StoredRelation extends StoredObject {
  readonly fromId: string
  readonly fromType: string
  readonly toId: string
  readonly toType: string
  readonly relationship_type: string
}

export interface StoredSighting extends StoredRelation {
  readonly first_seen: string
  readonly last_seen: string
  readonly attribute_count: number
  readonly x_opencti_negative: boolean
  readonly confidence: number | null
}

/** Which list of the platform an object is in. */
export const KINDS = [
  'indicator',
  'observable',
  'relationship',
  'sighting',
  'marking',
  'label',
  'other',
] as const
export type Kind = (typeof KINDS)[number]

export function kindOf({ typename, parent_types: parents }: StoredObject): Kind {
  if (typename === 'Indicator') return 'indicator'
  if (typename === 'StixCoreRelationship') return 'relationship'
  if (typename === 'StixSightingRelationship') return 'sighting'
  if (typename === 'MarkingDefinition') return 'marking'
  if (typename === 'Label') return 'label'
  return parents.includes('Stix-Cyber-Observable') ? 'observable' : 'other'
}

export function isRelation(object: StoredObject): object is StoredRelation {
  return 'fromId' in object
}

export function isIndicator(object: StoredObject): object is StoredIndicator {
  return object.typename === 'Indicator'
}

export function isSighting(object: StoredObject): object is StoredSighting {
  return object.typename === 'StixSightingRelationship'
}
