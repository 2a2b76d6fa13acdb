import type { Instance } from '../instance.ts'
import { representativeOf } from '../graphql/objects.ts'
import { stixTypeOf } from '../store/ids.ts'
import { observableValues } from '../store/pattern.ts'
import type { StoredObject } from '../store/stored.ts'
import { isIndicator, isRelation, isSighting } from '../store/stored.ts'

/** The extensions of OpenCTI: common fields, further fields, and those of observables. */
export const OCTI = 'extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba'
const SCO = 'extension-definition--f93e2c80-4231-4f9a-af8b-95c9bd566a82'
const MITRE = 'extension-definition--322b8f77-262a-4cb8-a915-1e441e00329b'

/** The user that does everything in events. */
export const ACTOR = '88ec0c6a-13ce-5e39-b486-354fe4a7084f'

export type StixObject = Readonly<Record<string, unknown>>

/** An object as events and TAXII carry it: empty texts, lists and nulls are dropped, `false` and 0 stay. */
export function toStix(instance: Instance, object: StoredObject): StixObject {
  const isMeta = object.parent_types.includes('Stix-Meta-Object')
  return cleaned({
    id: object.standard_id,
    spec_version: '2.1',
    type: stixTypeOfObject(object),
    extensions: extensionsOf(instance, object),
    created: object.created,
    modified: object.modified,
    ...(isMeta ? {} : { revoked: object['revoked'] ?? false, confidence: object['confidence'], lang: 'en' }),
    labels: object.objectLabel.map((label) => label['value']),
    object_marking_refs: object.objectMarking.map(({ standard_id: id }) => id),
    created_by_ref: object.createdBy?.standard_id,
    external_references: object.references.map((each) => ({
      source_name: each['source_name'],
      url: each['url'],
      external_id: each['external_id'],
    })),
    ...ownFields(instance, object),
  })
}

function stixTypeOfObject(object: StoredObject): string {
  if (isSighting(object)) return 'sighting'
  return isRelation(object) ? 'relationship' : stixTypeOf(object.entity_type)
}

function ownFields(instance: Instance, object: StoredObject): StixObject {
  if (isSighting(object)) {
    return {
      sighting_of_ref: standardIdOf(instance, object.fromId),
      where_sighted_refs: [standardIdOf(instance, object.toId)],
      first_seen: object.first_seen,
      last_seen: object.last_seen,
      count: object.attribute_count,
    }
  }
  if (isRelation(object)) {
    return {
      relationship_type: object.relationship_type,
      source_ref: standardIdOf(instance, object.fromId),
      target_ref: standardIdOf(instance, object.toId),
    }
  }
  if (object.typename === 'MarkingDefinition') {
    return { name: object['definition'], definition_type: object['definition_type'] }
  }
  const hashes = object['hashes']
  const named = Object.fromEntries(NAMED.map((name) => [name, object[name]]))
  if (!Array.isArray(hashes)) return { ...named, kill_chain_phases: phasesOf(object) }
  const pairs = (hashes as readonly { algorithm: string; hash: string }[]).map((each) => [
    each.algorithm,
    each.hash,
  ])
  return { ...named, hashes: Object.fromEntries(pairs) }
}

/** Fields that have the same name in both worlds. */
const NAMED = [
  'name',
  'description',
  'identity_class',
  'indicator_types',
  'pattern',
  'pattern_type',
  'valid_from',
  'valid_until',
  'aliases',
  'malware_types',
  'value',
  'path',
  'command_line',
  'size',
  'mime_type',
] as const

function phasesOf(object: StoredObject): unknown {
  const phases = (object['killChainPhases'] ?? []) as readonly StoredObject[]
  return phases.map((phase) => ({
    kill_chain_name: phase['kill_chain_name'],
    phase_name: phase['phase_name'],
  }))
}

function standardIdOf({ database }: Instance, id: string): string {
  return database.find(id)?.standard_id ?? id
}

function extensionsOf(instance: Instance, object: StoredObject): StixObject {
  const isObservable = object.parent_types.includes('Stix-Cyber-Observable')
  const common = {
    extension_type: 'property-extension',
    id: object.id,
    type: object.entity_type,
    created_at: object.created_at,
    updated_at: object.updated_at,
    is_inferred: false,
    creator_ids: [ACTOR],
    labels_ids: object.objectLabel.map(({ id }) => id),
    created_by_ref_id: object.createdBy?.id,
    stix_ids: object.x_opencti_stix_ids,
    ...platformFields(instance, object),
  }
  if (isIndicator(object)) return { [OCTI]: common, [MITRE]: { extension_type: 'property-extension' } }
  if (!isObservable) return { [OCTI]: common }
  const further = {
    extension_type: 'property-extension',
    labels: object.objectLabel.map((label) => label['value']),
    description: object['x_opencti_description'],
    score: object['x_opencti_score'],
    created_by_ref: object.createdBy?.standard_id,
  }
  return { [OCTI]: common, [SCO]: further }
}

function platformFields(instance: Instance, object: StoredObject): StixObject {
  if (isIndicator(object)) {
    return {
      detection: object['x_opencti_detection'],
      score: object['x_opencti_score'],
      main_observable_type: object['x_opencti_main_observable_type'],
      observable_values: object.pattern_type === 'stix' ? observableValues(object.pattern) : [],
    }
  }
  if (object.typename === 'MarkingDefinition') {
    return { order: object['x_opencti_order'], color: object['x_opencti_color'] }
  }
  if (!isSighting(object)) return {}
  const [from, to] = [instance.database.find(object.fromId), instance.database.find(object.toId)]
  return {
    sighting_of_ref: object.fromId,
    sighting_of_type: object.fromType,
    sighting_of_value: from === undefined ? undefined : representativeOf(from),
    where_sighted_refs: [object.toId],
    where_sighted_types: [object.toType],
    where_sighted_values: to === undefined ? [] : [representativeOf(to)],
    negative: object.x_opencti_negative,
  }
}

function cleaned(object: StixObject): StixObject {
  const kept = Object.entries(object)
    .map(([name, value]): readonly [string, unknown] => [name, isPlain(value) ? cleaned(value) : value])
    .filter(([, value]) => !isEmpty(value))
  return Object.fromEntries(kept)
}

function isPlain(value: unknown): value is StixObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}
