import { z } from 'zod'
import type { Tlp } from '../../../core/indicator.ts'
import type { OpenCtiIdentity } from '../../../core/opencti.ts'
import { lenient } from '../../lenient.ts'
import { indicatorNode, type IndicatorNode } from '../client/schema.ts'

/** OpenCTI's own properties of a STIX object (`stix-2-1-converter.ts`), and those for ATT&CK. */
const OPENCTI = 'extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba'
const MITRE = 'extension-definition--322b8f77-262a-4cb8-a915-1e441e00329b'

const text = lenient(z.string())
const texts = z.array(z.unknown()).catch([])
const id = z.string().min(1).max(300)

const own = z.object({
  id,
  created_at: text,
  updated_at: text,
  score: z.unknown().optional(),
  detection: z.unknown().optional(),
  main_observable_type: text,
})

const stixObject = z.object({
  id,
  type: z.string(),
  name: text,
  identity_class: text,
  created: text,
  modified: text,
  description: text,
  pattern: z.unknown().optional(),
  pattern_type: text,
  indicator_types: texts,
  valid_from: text,
  valid_until: text,
  revoked: z.unknown().optional(),
  confidence: z.unknown().optional(),
  labels: texts,
  object_marking_refs: texts,
  created_by_ref: text,
  kill_chain_phases: z.unknown().optional(),
  extensions: z.object({
    [OPENCTI]: own,
    [MITRE]: lenient(z.object({ platforms: z.unknown().optional() })),
  }),
})

/** A STIX 2.1 object of a live stream, as far as a mirror needs it. */
export type StixObject = Readonly<z.infer<typeof stixObject>>

/** Undefined when it is none of OpenCTI's. */
export function parseStixObject(value: unknown): StixObject | undefined {
  return stixObject.safeParse(value).data
}

/** OpenCTI's internal id: it stays when the STIX id changes with the pattern. */
export function internalId(object: StixObject): string {
  return object.extensions[OPENCTI].id
}

/** What the references of an object stand for. */
export interface References {
  identity(ref: string): OpenCtiIdentity | undefined
  tlp(ref: string): Tlp | undefined
}

/** What a GraphQL look-up would have said of it; undefined when it is no indicator. */
export function nodeOf(object: StixObject, references: References): IndicatorNode | undefined {
  if (object.type !== 'indicator') return undefined
  const extension = object.extensions[OPENCTI]
  const markings = object.object_marking_refs.flatMap((ref) => markingOf(ref, references))
  return indicatorNode.safeParse({
    ...object,
    id: extension.id,
    standard_id: object.id,
    created_at: extension.created_at ?? object.created,
    updated_at: extension.updated_at ?? object.modified,
    x_opencti_score: extension.score,
    x_opencti_detection: extension.detection ?? false,
    x_opencti_main_observable_type: extension.main_observable_type,
    x_mitre_platforms: object.extensions[MITRE]?.platforms,
    createdBy: object.created_by_ref === undefined ? null : references.identity(object.created_by_ref),
    objectMarking: markings,
    objectLabel: object.labels.map((value) => ({ value })),
    killChainPhases: object.kill_chain_phases,
    externalReferences: null,
    stixCoreRelationships: null,
  }).data
}

function markingOf(
  ref: unknown,
  references: References,
): readonly { readonly definition_type: string; readonly definition: string }[] {
  const tlp = typeof ref === 'string' ? references.tlp(ref) : undefined
  return tlp === undefined ? [] : [{ definition_type: 'TLP', definition: `TLP:${tlp}` }]
}
