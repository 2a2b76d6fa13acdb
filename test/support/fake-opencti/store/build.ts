import { randomUUID } from 'node:crypto'
import type { Instance } from '../instance.ts'
import type {
  FakeCommonInput,
  FakeIdentityInput,
  FakeLabelInput,
  FakeMarkingInput,
  FakePhaseInput,
  FakeReferenceInput,
} from '../types.ts'
import { standardId, stixTypeOf, typenameOf } from './ids.ts'
import type { StoredObject } from './stored.ts'

export interface Draft {
  readonly entity_type: string
  readonly typename?: string
  readonly parents: readonly string[]
  /** What makes it the same object. */
  readonly identity: Readonly<Record<string, unknown>>
  readonly standard_id?: string
  readonly attributes: Readonly<Record<string, unknown>>
}

const CORE = ['Basic-Object', 'Stix-Object', 'Stix-Core-Object']
export const PARENTS = {
  domain: [...CORE, 'Stix-Domain-Object'],
  identity: [...CORE, 'Stix-Domain-Object', 'Identity'],
  observable: [...CORE, 'Stix-Cyber-Observable'],
  meta: ['Basic-Object', 'Stix-Object', 'Stix-Meta-Object'],
  relationship: ['basic-relationship', 'stix-relationship', 'stix-core-relationship'],
  sighting: ['basic-relationship', 'stix-relationship'],
} as const

/** An object with all its common fields; labels, markings, author and references are made when they are new. */
export function buildObject(instance: Instance, draft: Draft, input: FakeCommonInput = {}): StoredObject {
  const now = new Date(instance.now()).toISOString()
  const created = input.created ?? input.created_at ?? now
  return {
    ...draft.attributes,
    typename: draft.typename ?? typenameOf(draft.entity_type),
    id: input.id ?? randomUUID(),
    standard_id: draft.standard_id ?? standardId(stixTypeOf(draft.entity_type), draft.identity),
    entity_type: draft.entity_type,
    parent_types: draft.parents,
    x_opencti_stix_ids: input.x_opencti_stix_ids ?? [],
    created_at: input.created_at ?? now,
    updated_at: input.updated_at ?? input.created_at ?? now,
    created,
    modified: input.modified ?? input.updated_at ?? created,
    createdBy:
      input.createdBy === undefined || input.createdBy === null
        ? null
        : identityOf(instance, input.createdBy),
    objectMarking: (input.objectMarking ?? []).map((marking) => markingOf(instance, marking)),
    objectLabel: (input.objectLabel ?? []).map((label) => labelOf(instance, label)),
    references: (input.externalReferences ?? []).map((reference) => referenceOf(instance, reference)),
  }
}

/** The one that is there under the same identity, or a new one: put in silently, as imports bring their authors and labels. */
function known(instance: Instance, draft: Draft, input: FakeCommonInput): StoredObject {
  const id = draft.standard_id ?? standardId(stixTypeOf(draft.entity_type), draft.identity)
  const found = instance.database.find(id)
  if (found !== undefined) return found
  const made = buildObject(instance, draft, input)
  instance.database.put(made)
  return made
}

const IDENTITY_CLASSES: Readonly<Record<string, string>> = {
  Organization: 'organization',
  Individual: 'individual',
  System: 'system',
  SecurityPlatform: 'securityplatform',
}

export function identityOf(instance: Instance, input: FakeIdentityInput): StoredObject {
  const {
    id,
    standard_id: fixed,
    name,
    entity_type: type = 'Organization',
    ...more
  } = typeof input === 'string' ? { name: input } : plain(input)
  const identity_class = IDENTITY_CLASSES[type] ?? 'organization'
  const draft: Draft = {
    entity_type: type,
    parents: PARENTS.identity,
    identity: { identity_class, name: name.trim().toLowerCase() },
    ...(fixed === undefined ? {} : { standard_id: fixed }),
    attributes: { confidence: 100, revoked: false, ...more, name, identity_class },
  }
  return known(instance, draft, id === undefined ? {} : { id })
}

function plain(input: Exclude<FakeIdentityInput, string>): Exclude<FakeIdentityInput, string> {
  return input
}

/** The four that STIX 2.1 fixes, and OpenCTI's own between. */
const TLP: Readonly<Record<string, readonly [standardId: string | undefined, order: number, color: string]>> =
  {
    'TLP:CLEAR': ['marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9', 1, '#ffffff'],
    'TLP:WHITE': ['marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9', 1, '#ffffff'],
    'TLP:GREEN': ['marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da', 2, '#2e7d32'],
    'TLP:AMBER': ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82', 3, '#d84315'],
    'TLP:AMBER+STRICT': ['marking-definition--826578e1-40ad-459f-bc73-ede076f81f37', 4, '#d84315'],
    'TLP:RED': ['marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed', 5, '#c62828'],
  }

export function markingOf(instance: Instance, input: FakeMarkingInput): StoredObject {
  const given = typeof input === 'string' ? { definition: input } : input
  const { definition } = given
  const [standard, order, color] = TLP[definition] ?? [undefined, 0, '#cccccc']
  const { definition_type = standard === undefined ? 'statement' : 'TLP' } = given as {
    definition_type?: string
  }
  const draft: Draft = {
    entity_type: 'Marking-Definition',
    parents: PARENTS.meta,
    identity: { definition, definition_type },
    ...(standard === undefined ? {} : { standard_id: standard }),
    attributes: { x_opencti_order: order, x_opencti_color: color, ...given, definition, definition_type },
  }
  const { id, standard_id: fixed } = given as { id?: string; standard_id?: string }
  return known(
    instance,
    fixed === undefined ? draft : { ...draft, standard_id: fixed },
    id === undefined ? {} : { id },
  )
}

export function labelOf(instance: Instance, input: FakeLabelInput): StoredObject {
  const given = typeof input === 'string' ? { value: input } : input
  const draft: Draft = {
    entity_type: 'Label',
    parents: PARENTS.meta,
    identity: { value: given.value.toLowerCase() },
    attributes: { color: '#be70e8', ...given },
  }
  const { id } = given as { id?: string }
  return known(instance, draft, id === undefined ? {} : { id })
}

export function phaseOf(instance: Instance, phase: FakePhaseInput): StoredObject {
  const { kill_chain_name, phase_name } = phase
  return known(
    instance,
    {
      entity_type: 'Kill-Chain-Phase',
      parents: PARENTS.meta,
      identity: { kill_chain_name, phase_name },
      attributes: { x_opencti_order: 0, ...phase },
    },
    {},
  )
}

function referenceOf(instance: Instance, reference: FakeReferenceInput): StoredObject {
  const { source_name, url = null, external_id = null, description = null } = reference
  return known(
    instance,
    {
      entity_type: 'External-Reference',
      parents: PARENTS.meta,
      identity: url === null ? { source_name, external_id } : { url },
      attributes: { source_name, url, external_id, description },
    },
    {},
  )
}
